/// What comes to a shard from outside.
enum ShardArrival {
  case op(ClientOp)
  /// Large, where an op is a reference.
  indirect case message(PeerMessage)
}

/// Where faults are injected into what arrives. Ceph: `OSDService::maybe_inject_dispatch_delay`.
extension OSDShard {
  /// At once, unless a test delays arrivals: then in their order, one after another.
  func arrive(_ arrival: ShardArrival) {
    guard faults.delayProbability > 0 || !delayedArrivals.isEmpty else { return enter(arrival) }
    delayedArrivals.append(arrival)
    if delayedArrivals.count == 1 { enterDelayed() }
  }

  private func enter(_ arrival: ShardArrival) {
    switch arrival {
    case .op(let op): enqueue(op)
    case .message(let message): enqueue(message)
    }
  }

  private func enterDelayed() {
    nonisolated(unsafe) let shard = self
    reactor.schedule(after: faults.nextDelay(&random)) {
      guard let arrival = shard.delayedArrivals.popFirst() else { return }
      shard.enter(arrival)
      if !shard.delayedArrivals.isEmpty { shard.enterDelayed() }
    }
  }
}
