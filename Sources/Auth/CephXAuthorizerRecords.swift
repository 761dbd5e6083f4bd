import Buffers
import RadosTypes
import Wire

/// Who a ticket is for and what he may do: what the monitor vouches for.
///
/// Ceph: `AuthTicket`, version 2. Layout: `version: u8, name, global id: u64, auid: u64 = -1 (from version
/// 2), created: utime, expires: utime, caps version: u8, allow all: u8, caps: bufferlist, flags: u32`; the
/// caps hold an encoded string, or nothing. Source: src/auth/Auth.h.
package struct AuthTicket: Hashable, Sendable, WireCodable {
  package var name: AuthName
  package var globalID: UInt64
  package var created: UTime
  package var expires: UTime
  package var allowsAll: Bool
  package var caps: ByteSlice
  package var flags: UInt32

  package init(
    name: AuthName, globalID: UInt64, created: UTime, expires: UTime, allowsAll: Bool = false,
    caps: ByteString, flags: UInt32 = 0
  ) {
    self.name = name
    self.globalID = globalID
    self.created = created
    self.expires = expires
    self.allowsAll = allowsAll
    self.caps = CountedBytes(caps.slice).wire
    self.flags = flags
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    let version = try reader.read(UInt8.self)
    name = try reader.read()
    globalID = try reader.read()
    if version >= 2 { try reader.skip(8) }
    created = try reader.read()
    expires = try reader.read()
    _ = try reader.read(UInt8.self)
    allowsAll = try reader.readBool()
    caps = try reader.readBytes()
    flags = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(2))
    writer.write(name)
    writer.write(globalID)
    writer.write(UInt64.max)
    writer.write(created)
    writer.write(expires)
    writer.write(UInt8(1))
    writer.write(allowsAll)
    writer.write(caps)
    writer.write(flags)
  }

  /// The text of the capabilities.
  package func capsText() throws(DecodeError) -> ByteString {
    if allowsAll { return "allow *" }
    if caps.isEmpty { return "" }
    var reader = WireReader(caps)
    return try reader.readByteString()
  }
}

/// What a ticket says, once its service has opened it.
///
/// Ceph: `CephXServiceTicketInfo`. Layout: `version: u8, ticket, session key`.
package struct CephXServiceTicketInfo: Hashable, Sendable, WireCodable {
  package var ticket: AuthTicket
  package var sessionKey: CryptoKey

  package init(ticket: AuthTicket, sessionKey: CryptoKey) {
    self.ticket = ticket
    self.sessionKey = sessionKey
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    _ = try reader.read(UInt8.self)
    ticket = try reader.read()
    sessionKey = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.write(ticket)
    writer.write(sessionKey)
  }
}

/// The proof that the bearer of a ticket has its key.
///
/// Ceph: `CephXAuthorize`, version 2. Layout: `version: u8, nonce: u64, has challenge: u8, challenge + 1:
/// u64` (the last two from version 2).
package struct CephXAuthorize: Hashable, Sendable, WireCodable {
  package var nonce: UInt64
  package var challengePlusOne: UInt64?

  package init(nonce: UInt64, challengePlusOne: UInt64?) {
    self.nonce = nonce
    self.challengePlusOne = challengePlusOne
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    let version = try reader.read(UInt8.self)
    nonce = try reader.read()
    guard version >= 2 else { return }
    let hasChallenge = try reader.readBool()
    let plusOne = try reader.read(UInt64.self)
    challengePlusOne = hasChallenge ? plusOne : nil
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(2))
    writer.write(nonce)
    writer.write(challengePlusOne != nil)
    writer.write(challengePlusOne ?? 0)
  }
}

/// A service's challenge to the bearer of a ticket, so that a recorded authorizer is worth nothing.
///
/// Ceph: `CephXAuthorizeChallenge`. Layout: `version: u8, challenge: u64`.
package struct CephXAuthorizeChallenge: Hashable, Sendable, WireCodable {
  package var challenge: UInt64

  package init(challenge: UInt64) { self.challenge = challenge }

  package init(from reader: inout WireReader) throws(DecodeError) {
    _ = try reader.read(UInt8.self)
    challenge = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.write(challenge)
  }
}

/// The service's proof that it could open the ticket, and in secure mode the connection's secret.
///
/// Ceph: `CephXAuthorizeReply`. Layout: `version: u8, nonce + 1: u64`, and with a secret, as version 2,
/// `length: u32, secret`.
package struct CephXAuthorizeReply: Hashable, Sendable, WireCodable {
  package var noncePlusOne: UInt64
  package var connectionSecret: [UInt8]

  package init(noncePlusOne: UInt64, connectionSecret: [UInt8]) {
    self.noncePlusOne = noncePlusOne
    self.connectionSecret = connectionSecret
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    let version = try reader.read(UInt8.self)
    noncePlusOne = try reader.read()
    connectionSecret = version >= 2 ? try reader.readBytes().array : []
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(connectionSecret.isEmpty ? 1 : 2))
    writer.write(noncePlusOne)
    guard !connectionSecret.isEmpty else { return }
    writer.write(UInt32(connectionSecret.count))
    writer.writeRaw(connectionSecret)
  }
}
