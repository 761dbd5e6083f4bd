import Auth
import Base
import Buffers
import Ciphers
import Messages
import RadosTypes
import Wire

/// One socket's protocol, msgr2.1, either side: bytes in, events out; bytes to send pile up in its
/// output. Does no I/O and asks no clock.
///
///     connecting: banner ─▶ hello ─▶ authenticating ─▶ signing ─▶ session ─▶ ready
///     accepting:  banner ─▶ hello ─▶ authenticating ─▶ signing ─▶ session ─▶ ready
///                                       ▲    │ AUTH_BAD_METHOD, AUTH_*_MORE
///                                       └────┘
///
/// What CLIENT_IDENT and its kin mean is for the owner to decide, who knows the sessions
/// (`SessionState`, `AcceptRules`); it says `becomeReady` when both ends agree. Any other frame than the
/// state allows ends the connection. Confined to the reactor of its socket, and moves with it.
package final class ProtocolV2: @unchecked Sendable {
  package enum State: String, Sendable {
    case bannerHead, bannerPayload, hello, authenticating, signing, session, ready
  }

  package enum Event {
    case hello(Hello)
    /// Both signatures are right; the session frames come next.
    case authenticated
    case session(SessionFrame)
    case message(RawMessage, ackSequence: UInt64)
    case ack(UInt64)
    /// Answered already.
    case keepalive(UTime)
    case keepaliveAck(UTime)
  }

  package let isConnectingSide: Bool
  package internal(set) var state = State.bannerHead
  /// What both ends said in HELLO and AUTH; `nil` until then.
  package internal(set) var peerHello: Hello?
  package internal(set) var outcome: AuthOutcome?
  package internal(set) var globalID: UInt64 = 0

  let myType: EntityType
  let peerAddressAsSeen: EntityAddress
  let authenticator: any Authenticator
  var clientAuth: (any AuthClientHandshake)?
  var serverAuth: (any AuthServerHandshake)?
  var authRounds = 0
  /// Of the client's last AUTH_REQUEST.
  var authMethod: UInt32 = 0

  var parser: FrameParser
  private var assembler: FrameAssembler
  private var output: WireWriter
  private let pool: SlabPool
  /// What was sent before AUTH_SIGNATURE; nil after it is checked.
  private var sentTranscript: BufferList? = BufferList()
  private var bannerPayloadBytes = 0
  private var expectedSignature: [UInt8] = []

  private static let outputBytes = 4096

  private init(
    isConnectingSide: Bool, myType: EntityType, peerAddress: EntityAddress,
    authenticator: any Authenticator, pool: SlabPool
  ) {
    self.isConnectingSide = isConnectingSide
    self.myType = myType
    peerAddressAsSeen = peerAddress
    self.authenticator = authenticator
    self.pool = pool
    parser = FrameParser(pool: pool)
    assembler = FrameAssembler(pool: pool)
    output = WireWriter(capacity: Self.outputBytes, pool: pool)
    sendRaw(Banner.bytes)
  }

  /// `dialled` is the address that was connected to, its nonce included.
  package convenience init(
    connectingTo dialled: EntityAddress, peer: EntityType, as myType: EntityType,
    authenticator: any Authenticator, pool: SlabPool = .shared
  ) {
    self.init(
      isConnectingSide: true, myType: myType, peerAddress: dialled, authenticator: authenticator,
      pool: pool)
    clientAuth = authenticator.clientHandshake(peer: peer)
  }

  /// `peerAddress` is the other end of the accepted socket; its nonce is not known.
  package convenience init(
    acceptedFrom peerAddress: EntityAddress, as myType: EntityType,
    authenticator: any Authenticator, pool: SlabPool = .shared
  ) {
    self.init(
      isConnectingSide: false, myType: myType, peerAddress: peerAddress,
      authenticator: authenticator, pool: pool)
  }

  // MARK: Input

  /// Bytes from the socket, after `next` gave nil for those before; `now` goes with the messages in them.
  @inline(__always)
  package func feed(_ bytes: ByteSlice, at now: UInt64 = 0) { parser.feed(bytes, at: now) }

  /// See `FrameParser.takeExpectation`.
  package func takeExpectation() -> (count: Int, prefix: ByteSlice)? { parser.takeExpectation() }

  /// What was fed and not read, for whoever goes on with the socket elsewhere.
  package func takeInput() -> ByteSlice { parser.takeInput() }

  package var bytesRead: UInt64 { parser.bytesRead }

  /// The next event, or nil when more bytes are needed. After an error the machine is dead.
  package func next() throws(ProtocolError) -> Event? {
    while true {
      switch state {
      case .bannerHead:
        guard let head = parser.take(Banner.headBytes) else { return nil }
        bannerPayloadBytes = try Banner.payloadBytes(head: head)
        state = .bannerPayload
      case .bannerPayload:
        guard let payload = parser.take(bannerPayloadBytes) else { return nil }
        try Banner.check(payload: payload)
        try send(Hello(type: myType, peerAddress: peerAddressAsSeen))
        state = .hello
      case .hello, .authenticating, .signing, .session:
        guard let frame = try parser.next() else { return nil }
        if let event = try handshake(frame) { return event }
      case .ready:
        guard let frame = try parser.next() else { return nil }
        switch frame {
        case .message(let message, let ack): return .message(message, ackSequence: ack)
        case .control(let tag, let payload): return try readyControl(tag, payload)
        }
      }
    }
  }

  private func readyControl(_ tag: FrameTag, _ payload: ByteSlice) throws(ProtocolError) -> Event {
    switch tag {
    case .ack:
      return .ack(try decode(tag, payload) { (reader) throws(DecodeError) in try reader.read() })
    case .keepalive2:
      let stamp: UTime = try decode(tag, payload) { (reader) throws(DecodeError) in
        try reader.read()
      }
      try appendControl(.keepalive2Ack, payload.sub(0, 8))
      return .keepalive(stamp)
    case .keepalive2Ack:
      return .keepaliveAck(
        try decode(tag, payload) { (reader) throws(DecodeError) in try reader.read() })
    case .hello, .authRequest, .authBadMethod, .authReplyMore, .authRequestMore, .authDone,
      .authSignature, .clientIdent, .serverIdent, .identMissingFeatures, .sessionReconnect,
      .sessionReset, .sessionRetry, .sessionRetryGlobal, .sessionReconnectOK, .wait, .message:
      throw unexpected(tag)
    }
  }

  /// Both ends agree on the session; messages may go both ways.
  package func becomeReady() {
    precondition(state == .session, "ready while \(state)")
    state = .ready
    parser.acceptsMessages = true
  }

  func decode<Value>(
    _ tag: FrameTag, _ payload: ByteSlice,
    _ body: (inout WireReader) throws(DecodeError) -> Value
  ) throws(ProtocolError) -> Value {
    do throws(DecodeError) {
      var reader = WireReader(payload)
      return try body(&reader)
    } catch { throw .undecodable(tag, error) }
  }

  func decode<Value: ControlFrame>(_ payload: ByteSlice) throws(ProtocolError) -> Value {
    try decode(Value.tag, payload) { (reader) throws(DecodeError) in try Value(from: &reader) }
  }

  func unexpected(_ tag: FrameTag) -> ProtocolError { .unexpected(tag, state: state.rawValue) }

  // MARK: Output

  package var hasOutput: Bool { output.count > 0 }

  /// What is to be sent, in order.
  package func takeOutput() -> BufferList {
    var full = WireWriter(capacity: Self.outputBytes, pool: pool)
    swap(&full, &output)
    return full.finishList()
  }

  private func sendRaw(_ bytes: ByteSlice) {
    output.writeRaw(bytes)
    sentTranscript?.append(bytes)
  }

  package func send(_ frame: some ControlFrame) throws(ProtocolError) {
    try appendControl(type(of: frame).tag, frame.wire)
  }

  func appendControl(_ tag: FrameTag, _ payload: ByteSlice) throws(ProtocolError) {
    guard sentTranscript != nil else {
      return try assembler.appendControl(tag, payload, to: &output)
    }
    var frame = WireWriter(pool: pool)
    try assembler.appendControl(tag, payload, to: &frame)
    sendRaw(frame.finish())
  }

  /// Queues a message under this sequence.
  @inline(__always)
  package func send(
    _ message: RawMessage, sequence: UInt64, ackSequence: UInt64
  )
    throws(ProtocolError)
  {
    try assembler.append(message, sequence: sequence, ackSequence: ackSequence, to: &output)
  }

  package func sendAck(_ sequence: UInt64) throws(ProtocolError) { try sendWord(.ack, sequence) }

  package func sendKeepalive(_ stamp: UTime) throws(ProtocolError) {
    try appendControl(.keepalive2, stamp.wire)
  }

  /// A frame that holds one u64.
  package func sendWord(_ tag: FrameTag, _ word: UInt64) throws(ProtocolError) {
    var payload = WireWriter(pool: pool)
    payload.write(word)
    try appendControl(tag, payload.finish())
  }

  package func sendWait() throws(ProtocolError) { try appendControl(.wait, .empty) }

  // MARK: Signatures

  /// Sends AUTH_SIGNATURE over what was received, under the new mode.
  func sign(_ outcome: AuthOutcome) throws(ProtocolError) {
    self.outcome = outcome
    let received = parser.transcript ?? BufferList()
    parser.endTranscript()
    if outcome.mode == .secure { try becomeSecure(outcome.connectionSecret) }
    let sent = sentTranscript
    sentTranscript = nil
    try send(AuthSignature(digest: Self.digest(of: received, key: outcome.sessionKey)))
    expectedSignature = Self.digest(of: sent ?? BufferList(), key: outcome.sessionKey)
    clientAuth = nil
    serverAuth = nil
    state = .signing
  }

  func checkSignature(_ payload: ByteSlice) throws(ProtocolError) {
    let signature: AuthSignature = try decode(payload)
    guard equalInConstantTime(signature.digest, expectedSignature) else { throw .badSignature }
    state = .session
  }

  private static func digest(of bytes: BufferList, key: [UInt8]) -> [UInt8] {
    guard !key.isEmpty else { return [UInt8](repeating: 0, count: AuthSignature.bytes) }
    let hmac = HMACSHA256(key: key)
    hmac.update(bytes)
    return hmac.finish()
  }

  private func becomeSecure(_ secret: [UInt8]) throws(ProtocolError) {
    guard secret.count >= OnWireCipher.secretBytes else {
      throw .auth(AuthError(-22, "connection secret of \(secret.count) bytes for secure mode"))
    }
    assembler.becomeSecure(
      OnWireCipher(secret: secret, direction: .seal, isConnectingSide: isConnectingSide))
    parser.becomeSecure(
      OnWireCipher(secret: secret, direction: .open, isConnectingSide: isConnectingSide))
  }
}
