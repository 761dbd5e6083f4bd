import Messages

extension MonClient {
  /// Asks for `what` (`osdmap`, `mgrmap`, `osd_pg_creates`) from version `start` on, now and in every
  /// session to come; nothing is sent if that is what was asked for already.
  package func subscribe(to what: String, from start: UInt64, once: Bool = false) {
    subscriptions.want(what, from: start, once: once)
    if isOpen { renewSubscriptions() }
  }

  /// As `subscribe`, but never moves the start back.
  package func subscribe(to what: String, atLeastFrom start: UInt64, once: Bool = false) {
    subscriptions.wantAtLeast(what, from: start, once: once)
    if isOpen { renewSubscriptions() }
  }

  package func unsubscribe(from what: String) { subscriptions.drop(what) }

  /// `what` came up to version `have`: a later session asks for what follows.
  package func got(_ what: String, _ have: UInt64) { subscriptions.got(what, have) }

  func renewSubscriptions() {
    guard subscriptions.hasFresh else { return }
    var wanted: [String: Subscription] = [:]
    for (what, item) in subscriptions.takeFresh() {
      wanted[what] = Subscription(start: item.start, isOnce: item.isOnce)
    }
    log.write(.monc, 10, self, "subscribing to \(wanted.keys.sorted().joined(separator: ", "))")
    send(RawMessage(encoding: MMonSubscribe(wanted: wanted, hostname: options.hostname)))
  }
}
