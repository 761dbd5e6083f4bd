import Buffers
import RadosTypes
import Wire

// The small values of the cephx exchanges. None has an envelope; most begin with a version byte that
// decoders of 16.2 read past. Source: src/auth/cephx/CephxProtocol.h.

/// What a request to the monitor's key server is for; the first two bytes of its payload and of the
/// answer's.
///
/// Ceph: `CEPHX_*` request types.
package enum CephXRequestType: UInt16, Sendable {
  case authSessionKey = 0x0100
  case principalSessionKey = 0x0200
  case rotatingKey = 0x0400
}

/// Ceph: `CephXRequestHeader`. Layout: `type: u16`.
package struct CephXRequestHeader: Hashable, Sendable, WireCodable {
  package var type: UInt16

  package init(_ type: CephXRequestType) { self.type = type.rawValue }

  package init(from reader: inout WireReader) throws(DecodeError) { type = try reader.read() }

  package func encode(into writer: inout WireWriter) { writer.write(type) }
}

/// Ceph: `CephXResponseHeader`. Layout: `type: u16, status: s32`.
package struct CephXResponseHeader: Hashable, Sendable, WireCodable {
  package var type: UInt16
  package var status: Int32

  package init(from reader: inout WireReader) throws(DecodeError) {
    type = try reader.read()
    status = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(type)
    writer.write(status)
  }
}

/// The monitor's first word. Ceph: `CephXServerChallenge`. Layout: `version: u8, challenge: u64`.
package struct CephXServerChallenge: Hashable, Sendable, WireCodable {
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

/// What the proof of a key is computed over. Ceph: `CephXChallengeBlob`. Layout: `server: u64, client: u64`.
package struct CephXChallengeBlob: Hashable, Sendable, WireCodable {
  package var server: UInt64
  package var client: UInt64

  package init(server: UInt64, client: UInt64) {
    self.server = server
    self.client = client
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    server = try reader.read()
    client = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(server)
    writer.write(client)
  }

  /// The proof: the xor of the whole 64-bit words of the sealed challenges with their length before
  /// them. Source: `cephx_calc_client_server_challenge`.
  package func proof(of key: CryptoKey) throws(AuthError) -> UInt64 {
    var writer = WireWriter()
    writer.write(try CephXSeal.seal(self, key))
    var reader = WireReader(writer.finish())
    var folded: UInt64 = 0
    while let word = try? reader.read(UInt64.self) { folded ^= word }
    return folded
  }
}

/// A ticket as its owner has it: sealed for the service, with the number of the key.
///
/// Ceph: `CephXTicketBlob`. Layout: `version: u8, secret: u64, length: u32, blob`.
package struct CephXTicketBlob: Hashable, Sendable, WireCodable {
  package var secretID: UInt64
  package var blob: ByteSlice

  package init(secretID: UInt64 = 0, blob: ByteSlice = .empty) {
    self.secretID = secretID
    self.blob = blob
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    _ = try reader.read(UInt8.self)
    secretID = try reader.read()
    blob = try reader.readBytes()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.write(secretID)
    writer.write(blob)
  }
}

/// The answer to the monitor's challenge.
///
/// Ceph: `CephXAuthenticate`, version 3. Layout: `version: u8, challenge: u64, proof: u64, old ticket,
/// services: u32` (from version 2).
package struct CephXAuthenticate: Hashable, Sendable, WireCodable {
  package var clientChallenge: UInt64
  package var proof: UInt64
  /// The AUTH ticket of the session before, which lets us keep the global id.
  package var oldTicket: CephXTicketBlob
  /// Bits of the services (`EntityType`) whose tickets are to come with the answer.
  package var services: UInt32

  package init(
    clientChallenge: UInt64, proof: UInt64, oldTicket: CephXTicketBlob, services: UInt32
  ) {
    self.clientChallenge = clientChallenge
    self.proof = proof
    self.oldTicket = oldTicket
    self.services = services
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    let version = try reader.read(UInt8.self)
    clientChallenge = try reader.read()
    proof = try reader.read()
    oldTicket = try reader.read()
    services = version >= 2 ? try reader.read() : 0
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(3))
    writer.write(clientChallenge)
    writer.write(proof)
    writer.write(oldTicket)
    writer.write(services)
  }
}

/// Ceph: `CephXServiceTicketRequest`. Layout: `version: u8, services: u32`.
package struct CephXServiceTicketRequest: Hashable, Sendable, WireCodable {
  package var services: UInt32

  package init(services: UInt32) { self.services = services }

  package init(from reader: inout WireReader) throws(DecodeError) {
    _ = try reader.read(UInt8.self)
    services = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.write(services)
  }
}

/// A ticket's key and how long it holds, sealed for the ticket's owner.
///
/// Ceph: `CephXServiceTicket`. Layout: `version: u8, key, validity: utime`.
package struct CephXServiceTicket: Hashable, Sendable, WireCodable {
  package var sessionKey: CryptoKey
  package var validity: UTime

  package init(sessionKey: CryptoKey, validity: UTime) {
    self.sessionKey = sessionKey
    self.validity = validity
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    _ = try reader.read(UInt8.self)
    sessionKey = try reader.read()
    validity = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.write(sessionKey)
    writer.write(validity)
  }
}
