import Messages
import RadosTypes

/// What two ends know of their session, which outlives its sockets if the policy is lossless.
///
/// Ceph: the cookies and sequences of `ProtocolV2`. Pure; confined with its connection.
package struct SessionState {
  /// Names of the session, from both sides; 0 while unknown and when lossy.
  package var clientCookie: UInt64 = 0
  package var serverCookie: UInt64 = 0
  /// Of this side's last attempt to connect; counts for the whole messenger.
  package var globalSequence: UInt64 = 0
  package var peerGlobalSequence: UInt64 = 0
  /// Counts the reconnections of this session.
  package var connectSequence: UInt64 = 0
  /// The last message received.
  package var inSequence: UInt64 = 0
  package var queue = ReplayQueue()

  package init() {}

  /// Whether there is a session to go on with.
  package var isEstablished: Bool { serverCookie != 0 }

  /// The peer has forgotten everything, and so does this side.
  package mutating func forget() {
    let globalSequence = globalSequence
    self = SessionState()
    self.globalSequence = globalSequence
  }

  /// Before an attempt to connect.
  package mutating func beginAttempt(globalSequence: UInt64) {
    self.globalSequence = globalSequence
    if isEstablished { connectSequence += 1 }
    queue.requeueSent()
  }

  /// A session from scratch: both ends count from 1 again; what was not acknowledged is sent again.
  package mutating func restartNumbering() {
    inSequence = 0
    queue.renumber()
  }

  /// What is to be done with a message of this sequence: a repeated one is dropped.
  package mutating func admit(_ sequence: UInt64) -> Admission {
    guard sequence > inSequence else { return .old }
    defer { inSequence = sequence }
    return sequence == inSequence + 1 ? .next : .skipped(from: inSequence)
  }

  package enum Admission: Hashable, Sendable { case next, old, skipped(from: UInt64) }
}

// MARK: Connecting side

extension SessionState {
  /// What the connecting side does on an answer to its CLIENT_IDENT or SESSION_RECONNECT.
  package enum ClientStep: Equatable {
    /// CLIENT_IDENT, after the user was told that the peer forgot the session if it is `remoteReset`.
    case identify(remoteReset: Bool)
    /// SESSION_RECONNECT again; with a new global sequence above the given one, if any.
    case reconnect(globalSequenceAbove: UInt64?)
    case ready
    case wait
    case fail(ProtocolError)
  }

  package mutating func receive(_ frame: SessionFrame, reconnecting: Bool) -> ClientStep {
    switch (frame, reconnecting) {
    case (.serverIdent(let ident), false):
      serverCookie = ident.cookie
      peerGlobalSequence = ident.globalSequence
      return .ready
    case (.missingFeatures(let bits), false): return .fail(.missingFeatures(bits))
    case (.reset(let full), true):
      if full {
        forget()
      } else {
        serverCookie = 0
        connectSequence = 0
        restartNumbering()
      }
      return .identify(remoteReset: full)
    case (.retry(let sequence), true):
      connectSequence = sequence &+ 1
      return .reconnect(globalSequenceAbove: nil)
    case (.retryGlobal(let sequence), true): return .reconnect(globalSequenceAbove: sequence)
    case (.reconnectOK(let sequence), true):
      queue.acknowledge(sequence)
      return .ready
    case (.wait, _): return .wait
    case (.serverIdent, true): return .fail(.unexpected(.serverIdent, state: "reconnecting"))
    case (.missingFeatures, true):
      return .fail(.unexpected(.identMissingFeatures, state: "reconnecting"))
    case (.reset, false): return .fail(.unexpected(.sessionReset, state: "identifying"))
    case (.retry, false): return .fail(.unexpected(.sessionRetry, state: "identifying"))
    case (.retryGlobal, false):
      return .fail(.unexpected(.sessionRetryGlobal, state: "identifying"))
    case (.reconnectOK, false):
      return .fail(.unexpected(.sessionReconnectOK, state: "identifying"))
    case (.clientIdent, _): return .fail(.unexpected(.clientIdent, state: "connecting"))
    case (.reconnect, _): return .fail(.unexpected(.sessionReconnect, state: "connecting"))
    }
  }
}
