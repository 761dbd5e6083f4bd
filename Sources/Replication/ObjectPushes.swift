import RadosTypes

/// An object on its way to all peers that lack it.
///
/// Parts are made between `wanting` and `made`. Ceph: `ReplicatedBackend::pushing`,
/// `handle_push_reply`.
package struct ObjectPushes: Sendable {
  package private(set) var pushes: [PGShard: ObjectPush]
  /// The object could not be read: no more parts are made, and what has begun comes to nothing.
  package private(set) var hasFailed = false
  /// What has gone to all of them so far.
  package private(set) var recovered = ObjectStatSum()

  package init(_ pushes: [PGShard: ObjectPush]) { self.pushes = pushes }

  /// Nobody is waited for.
  package var isEmpty: Bool { pushes.isEmpty }

  /// What a peer's answer means.
  package enum Answer: Sendable {
    /// Nothing goes to this peer.
    case unknown
    /// It is to get the next part.
    case wants(ObjectPush)
    /// It has the object.
    case has(EVersion)
    /// It has a part of an object that could not be read on.
    case failed
  }

  /// A peer has stored the part that was sent last.
  package mutating func answered(_ peer: PGShard) -> Answer {
    guard let push = pushes[peer] else { return .unknown }
    if hasFailed {
      end(peer)
      return .failed
    }
    guard push.isDone else { return .wants(push) }
    end(peer)
    return .has(push.recovery.version)
  }

  /// The peer's next part has been made.
  package mutating func made(_ push: ObjectPush, for peer: PGShard) {
    precondition(pushes[peer] != nil, "\(push.recovery.object) is not pushed to \(peer)")
    pushes[peer] = push
  }

  /// The peer's next part could not be made.
  package mutating func failed(_ peer: PGShard) {
    hasFailed = true
    end(peer)
  }

  /// The peer is gone.
  package mutating func forget(_ peer: PGShard) { pushes[peer] = nil }

  private mutating func end(_ peer: PGShard) {
    if let push = pushes.removeValue(forKey: peer) { recovered += push.recovered }
  }
}
