import RadosTypes

/// When recovery may begin objects: in turns, which the OSD's throttle gives to one PG after another, and
/// which wait among clients' ops by their priority. Ceph: `OSDService::queue_for_recovery`,
/// `OSD::do_recovery`.
extension PG {
  func recoverSoon() {
    guard recovery.isRunning, !recovery.isDue else { return }
    recovery.isDue = true
    nonisolated(unsafe) let pg = self
    let (interval, reactor) = (interval, reactor)
    shard.all.recoveries.ask { most in
      reactor.post { pg.pause(before: most, interval) }
    }
  }

  private func pause(before turn: Int, _ interval: Int) {
    let pause = shard.all.recoveries.pause(at: reactor.clock.now)
    guard pause > .zero, interval == self.interval else { return queue(turn, interval) }
    nonisolated(unsafe) let pg = self
    reactor.schedule(after: pause) { pg.queue(turn, interval) }
  }

  private func queue(_ turn: Int, _ interval: Int) {
    shard.schedule(shard.all.recoveries.limits) { [self] in
      if interval == self.interval {
        recovery.isDue = false
        recoverMore(turn)
      }
      shard.all.recoveries.end(turn)
    }
  }

  /// Tells the throttle how many objects are on their way.
  func countRecoveries() {
    let difference = recovery.work.count - recovery.counted
    recovery.counted = recovery.work.count
    shard.all.recoveries.countActive(by: difference)
  }

  /// Nothing of what was on its way goes on.
  func clearRecovery() {
    recovery.clear()
    countRecoveries()
  }
}
