/// What we want to hear of from the monitors, and from which version on; survives sessions.
///
/// Monitors of 16.2 remember subscriptions for as long as a session lasts, so each is sent once a
/// session, and again when its start is moved by hand. Ceph: `MonSub`. Source: src/mon/MonSub.cc.
package struct Subscriptions: Sendable {
  package struct Item: Hashable, Sendable {
    package var start: UInt64
    /// Ends with the first answer (`CEPH_SUBSCRIBE_ONETIME`).
    package var isOnce: Bool

    package init(start: UInt64, isOnce: Bool) {
      self.start = start
      self.isOnce = isOnce
    }
  }

  private var fresh: [String: Item] = [:]
  private var sent: [String: Item] = [:]

  package init() {}

  package var hasFresh: Bool { !fresh.isEmpty }

  /// Wants `what` from `start` on; false if that is what was asked for already.
  @discardableResult
  package mutating func want(_ what: String, from start: UInt64, once: Bool = false) -> Bool {
    let item = Item(start: start, isOnce: once)
    if fresh[what] == item || (fresh[what] == nil && sent[what] == item) { return false }
    fresh[what] = item
    return true
  }

  /// As `want`, but never moves the start back.
  @discardableResult
  package mutating func wantAtLeast(_ what: String, from start: UInt64, once: Bool = false) -> Bool
  {
    if let known = fresh[what] ?? sent[what], known.start >= start { return false }
    fresh[what] = Item(start: start, isOnce: once)
    return true
  }

  /// `what` came in version `have`: the next session asks for what follows.
  package mutating func got(_ what: String, _ have: UInt64) {
    if fresh[what] != nil {
      Self.advance(&fresh[what], have)
    } else {
      Self.advance(&sent[what], have)
    }
  }

  private static func advance(_ item: inout Item?, _ have: UInt64) {
    guard let known = item, known.start <= have else { return }
    item = known.isOnce ? nil : Item(start: have + 1, isOnce: false)
  }

  package mutating func drop(_ what: String) {
    fresh[what] = nil
    sent[what] = nil
  }

  /// A new session knows nothing: all is to be sent again.
  package mutating func reload() { fresh.merge(sent) { known, _ in known } }

  /// What is to be sent now, in the order of names; remembered as sent.
  package mutating func takeFresh() -> [(what: String, item: Item)] {
    let taking = fresh.sorted { $0.key < $1.key }.map { (what: $0.key, item: $0.value) }
    sent.merge(fresh) { _, new in new }
    fresh = [:]
    return taking
  }
}
