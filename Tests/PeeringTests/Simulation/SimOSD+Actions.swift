import ClusterMaps
import Peering
import RadosTypes

/// The driver's part: events in, actions carried out.
extension SimOSD {
  func feed(_ event: PGPeeringEvent) {
    guard isRunning, let machine else { return }
    perform(machine.handle(event, at: sim.peeringTime))
  }

  /// What is fed later, unless the process has died by then.
  func feedLater(_ event: PGPeeringEvent, after delay: Int64) {
    let life = life
    sim.after(delay) { [unowned self] in
      if life == self.life { feed(event) }
    }
  }

  func perform(_ actions: [PeeringAction]) {
    var messages: [(PeeringMessage, Int)] = []
    var then: [() -> Void] = []
    var writes = false
    for action in actions {
      switch action {
      case .send(let message, let osd): messages.append((message, Int(osd)))
      case .persist(let changes):
        guard let machine else { continue }
        store?.apply(changes, of: machine)
        machine.didWriteInfo()
        writes = true
      case .removeObject(let object):
        store?.objects[object] = nil
        writes = true
      case .whenCommitted(let event):
        then.append { [unowned self] in feed(event) }
        writes = true
      case .deleteSlice:
        machine = nil
        store = nil
        clearOps()
        writes = true
      case .flush(let event): flush(event)
      case .rollBack(let entry), .rollForward(let entry), .trimRollback(let entry):
        sim.fail("osd.\(number) has nothing to undo \(entry) with")
      case .log(.clusterError, let text), .fail(let text): sim.fail("osd.\(number): \(text)")
      case .log(_, let text): sim.note { "osd.\(self.number) \(text)" }
      default: performOther(action)
      }
    }
    if writes {
      if let machine, let difference = store?.difference(from: machine) {
        sim.fail("osd.\(number) stores other \(difference)")
      }
      queue(then)
    }
    for (message, osd) in messages { send(.peering(message), to: osd) }
  }

  private func performOther(_ action: PeeringAction) {
    switch action {
    case .wantPGTemp(let wanted): sim.toMonitor(self) { $0.wantTemp(wanted, from: self.number) }
    case .wantUpThrough(let epoch): sim.toMonitor(self) { $0.alive(self.number, epoch) }
    case .schedule(let event, let delay): feedLater(event, after: delay.nanoseconds)
    case .requestLocalReservation(_, let grant, let preempt):
      localReservation += 1
      reserve(grant, preempt, localReservation) { $0.localReservation }
    case .cancelLocalReservation: localReservation += 1
    case .requestRemoteReservation(_, let grant, let preempt, let space):
      remoteReservation += 1
      if space != nil, sim.isChaotic, sim.chance(10) {
        let full = PGPeeringEvent(
          epochSent: grant.epochSent, epochRequested: grant.epochRequested,
          .rejectTooFullRemoteReservation)
        feedLater(full, after: 0)
      } else {
        reserve(grant, preempt, remoteReservation) { $0.remoteReservation }
      }
    case .cancelRemoteReservation: remoteReservation += 1
    case .requestDeleteReservation(_, let grant, _): feedLater(grant, after: sim.delay(1, 30))
    case .change: clearOps()
    case .activateComplete: sim.didActivate(self)
    case .startRecovery: startRecovery()
    case .stopRecovery: stopRecovery()
    case .checkRecoverySources(let map): checkSources(map)
    case .startBackfill: startBackfill()
    case .cancelBackfill: stopBackfill()
    default: break
    }
  }

  private func reserve(
    _ grant: PGPeeringEvent, _ preempt: PGPeeringEvent?, _ ticket: Int,
    _ current: @escaping (SimOSD) -> Int
  ) {
    let life = life
    sim.after(sim.delay(1, 40)) { [unowned self] in
      guard life == self.life, current(self) == ticket else { return }
      feed(grant)
    }
    guard let preempt, sim.isChaotic, sim.chance(15) else { return }
    sim.after(sim.delay(50, 300)) { [unowned self] in
      guard life == self.life, current(self) == ticket else { return }
      feed(preempt)
    }
  }

  // MARK: Transactions

  private func flush(_ event: PGPeeringEvent) {
    if pending.isEmpty {
      feedLater(event, after: 0)
    } else {
      pending[pending.count - 1].then.append { [unowned self] in feed(event) }
    }
  }

  /// Queues what the store is like now; `then` when that is durable.
  func queue(_ then: [() -> Void]) {
    pending.append((store, then))
    let time = max(lastCommitTime, sim.now + sim.delay(1, 30))
    lastCommitTime = time
    let life = life
    sim.at(time) { [unowned self] in
      if life == self.life { commit() }
    }
  }

  private func commit() {
    let (result, then) = pending.removeFirst()
    durable = result
    for action in then { action() }
  }
}
