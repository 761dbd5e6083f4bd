import Auth
import Base
import Buffers
import RadosTypes
import Wire

/// From HELLO to AUTH_SIGNATURE.
extension ProtocolV2 {
  /// An event, or nil when the machine answered by itself.
  func handshake(_ frame: Frame) throws(ProtocolError) -> Event? {
    guard case .control(let tag, let payload) = frame else { throw unexpected(.message) }
    guard (parser.transcript?.count ?? 0) <= Limits.transcriptBytesMax else {
      throw .authTooLong("\(parser.transcript?.count ?? 0) bytes")
    }
    switch (state, tag) {
    case (.hello, .hello): return try receive(decode(payload) as Hello)
    case (.authenticating, .authRequest), (.authenticating, .authRequestMore):
      guard !isConnectingSide else { throw unexpected(tag) }
      try serverAuthentication(tag, payload)
      return nil
    case (.authenticating, .authBadMethod), (.authenticating, .authReplyMore),
      (.authenticating, .authDone):
      guard isConnectingSide else { throw unexpected(tag) }
      try clientAuthentication(tag, payload)
      return nil
    case (.signing, .authSignature):
      try checkSignature(payload)
      return .authenticated
    case (.session, _):
      return .session(try isConnectingSide ? fromServer(tag, payload) : fromClient(tag, payload))
    case (_, _): throw unexpected(tag)
    }
  }

  private func receive(_ hello: Hello) throws(ProtocolError) -> Event {
    peerHello = hello
    state = .authenticating
    if isConnectingSide {
      let request = try asking { (auth) throws(AuthError) in try auth.begin() }
      try send(AuthRequest(request))
    } else {
      serverAuth = authenticator.serverHandshake(peer: hello.type)
    }
    return .hello(hello)
  }

  private func countRound() throws(ProtocolError) {
    authRounds += 1
    guard authRounds <= Limits.authRoundsMax else { throw .authTooLong("\(authRounds) rounds") }
  }

  // MARK: Connecting side

  private func asking<Value>(
    _ body: (any AuthClientHandshake) throws(AuthError) -> Value
  ) throws(ProtocolError) -> Value {
    guard let clientAuth else { throw unexpected(.authRequest) }
    do throws(AuthError) { return try body(clientAuth) } catch { throw .auth(error) }
  }

  private func clientAuthentication(_ tag: FrameTag, _ payload: ByteSlice) throws(ProtocolError) {
    try countRound()
    switch tag {
    case .authBadMethod:
      let refusal: AuthBadMethod = try decode(payload)
      let request = try asking { (auth) throws(AuthError) in
        try auth.badMethod(
          result: refusal.result, allowedMethods: refusal.allowedMethods,
          allowedModes: refusal.allowedModes)
      }
      try send(AuthRequest(request))
    case .authReplyMore:
      let more: AuthReplyMore = try decode(payload)
      let answer = try asking { (auth) throws(AuthError) in try auth.more(more.payload) }
      try send(AuthRequestMore(payload: answer))
    case _:
      let done: AuthDone = try decode(payload)
      guard let mode = ConnectionMode(rawValue: done.mode) else {
        throw .auth(AuthError(-95, "the server chose connection mode \(done.mode)"))
      }
      globalID = done.globalID
      try sign(
        asking { (auth) throws(AuthError) in
          try auth.done(globalID: done.globalID, mode: mode, payload: done.payload)
        })
    }
  }

  // MARK: Accepting side

  private func serverAuthentication(_ tag: FrameTag, _ payload: ByteSlice) throws(ProtocolError) {
    try countRound()
    guard let serverAuth else { throw unexpected(tag) }
    let step: AuthServerStep
    if tag == .authRequest {
      let request: AuthRequest = try decode(payload)
      authMethod = request.method
      step = try orRefuse { () throws(AuthError) in
        try serverAuth.request(
          method: request.method, preferredModes: request.preferredModes, payload: request.payload)
      }
    } else {
      let more: AuthRequestMore = try decode(payload)
      step = try orRefuse { () throws(AuthError) in try serverAuth.requestMore(more.payload) }
    }
    try answer(step)
  }

  /// The peer is told why it is turned away.
  private func orRefuse(
    _ body: () throws(AuthError) -> AuthServerStep
  ) throws(ProtocolError)
    -> AuthServerStep
  {
    do throws(AuthError) { return try body() } catch {
      try send(
        AuthBadMethod(
          method: authMethod, result: error.result, allowedMethods: [], allowedModes: []))
      throw .auth(error)
    }
  }

  private func answer(_ step: AuthServerStep) throws(ProtocolError) {
    switch step {
    case .refuse(let result, let methods, let modes):
      try send(
        AuthBadMethod(
          method: authMethod, result: result, allowedMethods: methods, allowedModes: modes))
    case .more(let payload): try send(AuthReplyMore(payload: payload))
    case .done(let globalID, let payload, let outcome):
      self.globalID = globalID
      try send(AuthDone(globalID: globalID, mode: outcome.mode.rawValue, payload: payload))
      try sign(outcome)
    }
  }

  // MARK: Session frames

  private func fromClient(
    _ tag: FrameTag, _ payload: ByteSlice
  ) throws(ProtocolError) -> SessionFrame {
    switch tag {
    case .clientIdent: .clientIdent(try decode(payload))
    case .sessionReconnect: .reconnect(try decode(payload))
    case _: throw unexpected(tag)
    }
  }

  private func fromServer(
    _ tag: FrameTag, _ payload: ByteSlice
  ) throws(ProtocolError) -> SessionFrame {
    func word() throws(ProtocolError) -> UInt64 {
      try decode(tag, payload) { (reader) throws(DecodeError) in try reader.read() }
    }
    return switch tag {
    case .serverIdent: .serverIdent(try decode(payload))
    case .identMissingFeatures: .missingFeatures(try word())
    case .sessionReset: .reset(full: (try decode(payload) as SessionReset).full)
    case .sessionRetry: .retry(connectSequence: try word())
    case .sessionRetryGlobal: .retryGlobal(globalSequence: try word())
    case .sessionReconnectOK: .reconnectOK(messageSequence: try word())
    case .wait: .wait
    case _: throw unexpected(tag)
    }
  }
}

extension AuthRequest {
  init(_ request: (method: UInt32, modes: [ConnectionMode], payload: ByteSlice)) {
    self.init(
      method: request.method, preferredModes: request.modes.map(\.rawValue),
      payload: request.payload)
  }
}
