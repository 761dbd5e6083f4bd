import Peering
import RadosTypes

/// A write on its way: the members whose commit is awaited.
struct SimGather {
  var number: UInt64
  var version: EVersion
  var write: SimWrite?
  var object: HObject
  var lastComplete: EVersion
  var waiting: Set<Int>
}

/// The model of the write path.
extension SimOSD {
  /// Whether clients are served here.
  var serves: Bool {
    guard isRunning, let machine, machine.isPrimary, machine.isActive else { return false }
    return machine.mayServe(at: sim.peeringTime.monotonic)
  }

  func write(_ write: SimWrite?, number: UInt64, object: HObject) {
    guard serves, let machine, machine.isActingSetWriteable else { return }
    guard !machine.isUnreadable(object), !machine.isDegraded(object) else { return }
    guard recoveringObject != object else { return }
    guard backfillPosition != object || backfillWaits.isEmpty else { return }
    let version = EVersion(epoch: machine.epoch, version: machine.log.head.version + 1)
    let old = store?.objects[object]
    if write?.isDelete == true, old == nil { return }
    let entry = Self.entry(write, number, object, version, old)
    sim.submitted(entry, write)
    machine.calculateTrimTo(target: 20)
    machine.preSubmit(object, [entry], at: version)
    machine.append(entry)
    let trimTo = machine.trimTo
    machine.trimLog(to: trimTo)
    if let write {
      store?.objects[object] = write.applied(to: old, version: version)
      machine.applyStats(Self.delta(old, write), of: object)
    }
    store?.append(entry, of: machine)
    let others = machine.actingRecoveryBackfill.filter { $0 != whoami }.sorted()
    gathers.append(
      SimGather(
        number: number, version: version, write: write, object: object,
        lastComplete: machine.info.lastComplete,
        waiting: Set(others.map { Int($0.osd) } + [self.number])))
    let interval = interval
    queue([
      { [unowned self] in
        if interval == self.interval { committed(number, by: self.number) }
      }
    ])
    for member in others {
      let sends = machine.shouldSend(object, to: member, backfillStarted: backfillStarted)
      let op = SimRepOp(
        number: number, entry: entry, write: sends ? write : nil, trimTo: trimTo,
        minLastComplete: machine.minLastCompleteOnDisk,
        stats: machine.backfillTargets.contains(member)
          ? machine.peerInfo[member]!.stats : machine.info.stats)
      send(.repOp(op), to: Int(member.osd))
    }
  }

  private static func delta(_ old: SimObject?, _ write: SimWrite) -> ObjectStatSum {
    var delta = ObjectStatSum()
    if old == nil, !write.isDelete { delta.objects = 1 }
    if old != nil, write.isDelete { delta.objects = -1 }
    return delta
  }

  /// Nil: a write that failed, of which only the log tells.
  private static func entry(
    _ write: SimWrite?, _ number: UInt64, _ object: HObject, _ version: EVersion,
    _ old: SimObject?
  ) -> PGLogEntry {
    let operation: PGLogEntry.Operation =
      write.map { $0.isDelete ? .delete : .modify } ?? .error
    var entry = PGLogEntry(
      operation, object, version: version,
      priorVersion: write == nil ? .zero : old?.version ?? .zero,
      reqID: ReqID(name: EntityName(.client, 1), tid: number), userVersion: number)
    entry.modification = .unrollbackable
    for block in write?.blocks ?? [] {
      entry.cleanRegions.markDirty(offset: UInt64(block), length: 1)
    }
    return entry
  }

  /// In the order in which they were begun: a later one is not durable before those before it.
  func committed(_ number: UInt64, by osd: Int) {
    guard let place = gathers.firstIndex(where: { $0.number == number }) else { return }
    gathers[place].waiting.remove(osd)
    while let first = gathers.first, first.waiting.isEmpty {
      gathers.removeFirst()
      machine?.completeWrite(first.version, lastComplete: first.lastComplete)
      sim.acknowledged(first)
    }
  }

  func takeOp(_ envelope: SimEnvelope) {
    guard let machine, machine.lastPeeringReset <= envelope.epoch else { return }
    switch envelope.message {
    case .repOp(let op): replicate(op, from: envelope.from)
    case .repOpReply(let number, let lastComplete):
      machine.setLastCompleteOnDisk(
        lastComplete, of: PGShard(osd: Int32(envelope.from)))
      committed(number, by: envelope.from)
    default: takeRecovery(envelope)
    }
  }

  private func replicate(_ op: SimRepOp, from: Int) {
    guard let machine else { return }
    let isMissing = machine.isMissing(op.entry.object)
    machine.info.stats = op.stats
    machine.appendAsReplica(
      [op.entry], trimTo: op.trimTo, minLastCompleteOnDisk: op.minLastComplete)
    if let write = op.write, !isMissing {
      let object = op.entry.object
      let old = store?.objects[object]
      if object <= machine.info.lastBackfill, old?.version ?? .zero != op.entry.priorVersion {
        sim.fail("osd.\(number) has \(old?.version ?? .zero) of \(object) before \(op.entry)")
      }
      store?.objects[object] = write.applied(to: old, version: op.entry.version)
    }
    store?.append(op.entry, of: machine)
    store?.apply(machine.takeChanges(), of: machine)
    if let difference = store?.difference(from: machine) {
      sim.fail("osd.\(number) stores other \(difference) after \(op.entry)")
    }
    let reply = SimMessage.repOpReply(
      number: op.number, lastComplete: machine.info.lastComplete)
    let epoch = machine.lastPeeringReset
    queue([
      { [unowned self] in
        if self.machine?.lastPeeringReset == epoch { send(reply, to: from) }
      }
    ])
  }
}
