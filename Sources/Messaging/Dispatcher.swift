import Messages

/// Who uses a messenger. All is called on the connection's reactor.
package protocol Dispatcher: AnyObject, Sendable {
  /// The handshake is done, on either side; for lossless connections again after every reconnection.
  /// What was queued leaves after this returns.
  func connectionReady(_ connection: Connection)

  /// In the order of sending. `message.budget`, if any, is to be kept until the message is answered.
  func dispatch(_ message: RawMessage, from connection: Connection)

  /// The connection is gone for good, and what was queued on it: a lossy one faulted or did not come
  /// about, or its peer replaced it. Not called after `markDown`.
  func connectionReset(_ connection: Connection)

  /// The peer has forgotten a lossless session and this side has too: what was queued is dropped,
  /// the connection goes on.
  func remoteReset(_ connection: Connection)

  /// Nobody listens at the peer's address. A lossless connection tries again; a lossy one is reset next.
  func connectionRefused(_ connection: Connection)
}
