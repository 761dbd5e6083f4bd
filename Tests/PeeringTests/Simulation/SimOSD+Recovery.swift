import ClusterMaps
import Peering
import RadosTypes

/// The model of recovery and backfill: one object at a time, only its dirty blocks.
extension SimOSD {
  private var isRecovering: Bool { machine?.stage == .recovering }

  func startRecovery() { recoverSoon() }

  private func recoverSoon() {
    let (life, generation) = (life, generation)
    sim.after(sim.delay(1, 20)) { [unowned self] in
      guard life == self.life, generation == self.generation, isRecovering else { return }
      recoverNext()
    }
  }

  private func recoverNext() {
    guard let machine else { return }
    // What an interrupted recovery began is still coming.
    guard recoveringObject == nil else { return recoverSoon() }
    if let object = machine.missing.objects(above: 0).first(where: canRecover) {
      return pull(object)
    }
    for member in machine.replicaRecoveryOrder {
      let lacks = machine.peerMissing[member] ?? MissingSet()
      let object = lacks.objects(above: 0).first { !machine.isMissing($0) }
      if let object, let item = lacks[object] { return push(object, item, to: member) }
    }
    if machine.needsRecovery {
      // What is left is unfound.
      guard machine.discoverAllMissing() else { return feed(now(.unfoundRecovery)) }
      flushActions()
      return recoverSoon()
    }
    feed(now(machine.needsBackfill ? .requestBackfill : .allReplicasRecovered))
  }

  private func flushActions() { if let machine { perform(machine.flushActions()) } }

  private func now(_ event: PeeringEvent) -> PGPeeringEvent {
    PGPeeringEvent(at: machine?.epoch ?? 0, event)
  }

  private func canRecover(_ object: HObject) -> Bool {
    guard let machine, let item = machine.missing[object] else { return false }
    return item.isDelete || machine.missingLocation.locations[object]?.isEmpty == false
  }

  private func pull(_ object: HObject) {
    guard let machine, let item = machine.missing[object] else { return }
    if item.isDelete { return got(object, item.need, nil) { [unowned self] in recoverSoon() } }
    let sources = (machine.missingLocation.locations[object] ?? []).sorted()
    let source = sources[Int(sim.random.next() % UInt64(sources.count))]
    recoveringObject = object
    pullSource = source
    send(.pull(object, need: item.need), to: Int(source.osd))
  }

  private func push(_ object: HObject, _ item: MissingItem, to member: PGShard) {
    guard let machine else { return }
    let copy = store?.objects[object]
    if !item.isDelete, copy?.version != item.need {
      sim.fail(
        "osd.\(number) has \(copy?.version ?? .zero) of \(object), \(member) needs \(item.need)")
    }
    recoveringObject = object
    machine.beginPeerRecover(member, object)
    send(
      .push(object, item.need, item.isDelete ? nil : copy, purpose: .recovery),
      to: Int(member.osd))
  }

  // MARK: Objects that come

  func takeRecovery(_ envelope: SimEnvelope) {
    guard let machine else { return }
    let from = envelope.from
    let member = PGShard(osd: Int32(from))
    switch envelope.message {
    case .pull(let object, let need):
      let copy = store?.objects[object]
      if copy?.version != need {
        sim.fail("osd.\(number) has \(copy?.version ?? .zero) of \(object), asked for \(need)")
      }
      send(.push(object, need, copy, purpose: .pulled), to: from)
    case .push(let object, let version, let copy, .pulled):
      guard recoveringObject == object, machine.missing[object]?.need == version else { return }
      got(object, version, copy) { [unowned self] in recoverSoon() }
    case .push(let object, let version, let copy, .recovery):
      guard machine.isMissing(object) else { return }
      got(object, version, copy) { [unowned self] in
        send(.pushReply(object, version), to: from)
      }
    case .push(let object, _, let copy, .backfill):
      store?.objects[object] = copy
      queue([{ [unowned self] in send(.pushReply(object, .zero), to: from) }])
    case .pushReply(let object, let version):
      if machine.stage == .backfilling { return backfilled(object, from) }
      guard recoveringObject == object else { return }
      recoveringObject = nil
      machine.onPeerRecover(member, object, version)
      noteRecovered(object)
      flushActions()
      recoverSoon()
    case .progress(let position, let stats):
      machine.updateBackfillProgress(position, stats, preservingLocalBytes: false)
      store?.apply(machine.takeChanges(), of: machine)
      queue([{ [unowned self] in send(.progressReply(position), to: from) }])
    case .progressReply(let position): progressed(position, from)
    default: break
    }
  }

  /// Takes an object in: what is clean here stays as it is, and must be right.
  private func got(
    _ object: HObject, _ version: EVersion, _ copy: SimObject?, then: @escaping () -> Void
  ) {
    guard let machine, let item = machine.missing[object] else { return }
    var mine = copy
    if let copy, let old = store?.objects[object], !item.cleanRegions.isNew {
      for block in 0..<SimObject.blockCount
      where !item.cleanRegions.dirtyOffsets.contains(block) {
        mine?.blocks[Int(block)] = old.blocks[Int(block)]
      }
      if mine != copy {
        sim.fail("osd.\(number) keeps wrong blocks of \(object) at \(version): \(item)")
      }
    } else if copy != nil, store?.objects[object] == nil, !item.cleanRegions.isNew {
      sim.fail("osd.\(number) is to keep blocks of \(object), which it does not have: \(item)")
    }
    recoveringObject = nil
    pullSource = nil
    store?.objects[object] = mine
    machine.recoverGot(object, version, isDelete: item.isDelete)
    if machine.isPrimary { noteRecovered(object) }
    store?.apply(machine.takeChanges(), of: machine)
    let generation = generation
    queue([{ [unowned self] in if generation == self.generation { then() } }])
  }

  private func noteRecovered(_ object: HObject) {
    guard let machine else { return }
    if !machine.actingRecoveryBackfill.contains(where: { machine.lacks(object, $0) }) {
      machine.objectRecovered(object)
    }
  }

  // MARK: Backfill

  func startBackfill() {
    backfillStarted = machine?.earliestBackfill ?? .max
    backfillSoon()
  }

  /// Nothing more is begun; what is under way goes on.
  func stopRecovery() { generation += 1 }

  /// A source that has gone, or is a new process, sends nothing more.
  func checkSources(_ map: OSDMap) {
    guard let pullSource, map.isDown(pullSource.osd) else { return }
    self.pullSource = nil
    recoveringObject = nil
    recoverSoon()
  }

  func stopBackfill() {
    generation += 1
    backfillWaits = []
    backfillStarted = .min
  }

  private func backfillSoon() {
    let (life, generation) = (life, generation)
    sim.after(sim.delay(1, 20)) { [unowned self] in
      guard life == self.life, generation == self.generation, machine?.stage == .backfilling
      else { return }
      backfillNext()
    }
  }

  private var targetsBehind: [PGShard] {
    guard let machine else { return [] }
    return machine.backfillTargets.filter {
      machine.peerInfo[$0]!.lastBackfill < backfillPosition
    }.sorted()
  }

  private func backfillNext() {
    guard let machine else { return }
    let from = machine.earliestBackfill
    if from.isMax { return feed(now(.backfilled)) }
    guard gathers.isEmpty else { return backfillSoon() }
    backfillPosition = sim.objects.first { $0 > from } ?? .max
    backfillStarted = backfillPosition
    let targets = targetsBehind
    backfillWaits = Set(targets.map { Int($0.osd) })
    for target in targets {
      if backfillPosition.isMax {
        sendProgress(to: target)
      } else {
        let copy = store?.objects[backfillPosition]
        send(
          .push(backfillPosition, copy?.version ?? .zero, copy, purpose: .backfill),
          to: Int(target.osd))
      }
    }
  }

  private func backfilled(_ object: HObject, _ from: Int) {
    guard object == backfillPosition, backfillWaits.contains(from) else { return }
    sendProgress(to: PGShard(osd: Int32(from)))
  }

  private func sendProgress(to target: PGShard) {
    guard let machine else { return }
    if !backfillPosition.isMax, store?.objects[backfillPosition] != nil {
      var one = ObjectStatSum()
      one.objects = 1
      machine.addBackfillStats(one, of: backfillPosition, at: target)
    }
    let stats =
      backfillPosition.isMax ? machine.info.stats : machine.peerInfo[target]!.stats
    // From now on writes up to there must go to it, whether it answers in time or not.
    machine.updatePeerLastBackfill(target, backfillPosition)
    send(.progress(backfillPosition, stats), to: Int(target.osd))
  }

  private func progressed(_ position: HObject, _ from: Int) {
    guard position == backfillPosition, backfillWaits.remove(from) != nil else { return }
    if backfillWaits.isEmpty { backfillSoon() }
  }
}
