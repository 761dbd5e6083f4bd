import RadosTypes

/// What the accepting side answers to CLIENT_IDENT and SESSION_RECONNECT of lossless peers, given the
/// connection that it has with that peer already.
///
/// Ceph: `handle_existing_connection`, `handle_reconnect` (ProtocolV2.cc). An existing connection that
/// is closed counts as none; one that is being replaced does not exist here, since replacing is one
/// step on the reactor that owns the session.
package enum AcceptRules {
  /// The existing connection.
  package struct Existing {
    package var session: SessionState
    package var lossy: Bool
    package var server: Bool
    /// Messages flow, or nothing is to be sent: not in the midst of connecting.
    package var isReadyOrStandby: Bool

    package init(session: SessionState, lossy: Bool, server: Bool, isReadyOrStandby: Bool) {
      self.session = session
      self.lossy = lossy
      self.server = server
      self.isReadyOrStandby = isReadyOrStandby
    }
  }

  package enum IdentAnswer: Hashable, Sendable {
    /// SERVER_IDENT on a connection of its own; the existing one, if any, is ended first.
    case fresh
    /// An older attempt of the peer arrives late: close it.
    case stale(current: UInt64)
    /// The existing session goes on over this socket; SERVER_IDENT.
    case takeOver(forgetting: Bool)
    /// Both sides connect at once and ours wins: WAIT.
    case wait
  }

  package static func answer(
    _ ident: ClientIdent, existing: Existing?, resetCheck: Bool, peer: EntityAddress,
    mine: EntityAddress
  ) -> IdentAnswer {
    guard let existing else { return .fresh }
    let session = existing.session
    if session.peerGlobalSequence > ident.globalSequence {
      return .stale(current: session.peerGlobalSequence)
    }
    if existing.lossy { return .fresh }
    if session.serverCookie != 0, session.clientCookie != 0, session.clientCookie != ident.cookie {
      return .takeOver(forgetting: resetCheck)
    }
    if session.clientCookie == ident.cookie { return .takeOver(forgetting: false) }
    if existing.isReadyOrStandby { return .takeOver(forgetting: false) }
    return peer < mine || existing.server ? .takeOver(forgetting: false) : .wait
  }

  package enum ReconnectAnswer: Hashable, Sendable {
    case reset(full: Bool)
    case retryGlobal(UInt64)
    case retry(UInt64)
    case wait
    /// SESSION_RECONNECT_OK.
    case resume
  }

  package static func answer(
    _ reconnect: SessionReconnect, existing: Existing?, resetCheck: Bool, peer: EntityAddress,
    mine: EntityAddress
  ) -> ReconnectAnswer {
    guard let existing else { return .reset(full: true) }
    let session = existing.session
    if session.clientCookie != reconnect.clientCookie { return .reset(full: resetCheck) }
    // This side was the client and never heard the answer to its CLIENT_IDENT.
    if session.serverCookie == 0 { return .reset(full: false) }
    if session.peerGlobalSequence > reconnect.globalSequence {
      return .retryGlobal(session.peerGlobalSequence)
    }
    if session.connectSequence > reconnect.connectSequence {
      return .retry(session.connectSequence)
    }
    if session.connectSequence == reconnect.connectSequence, peer > mine, !existing.server {
      return .wait
    }
    return .resume
  }
}
