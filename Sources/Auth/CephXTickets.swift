import Base
import Buffers
import RadosTypes
import Wire

/// One service's ticket: what it lets us prove, and until when.
package struct CephXTicket: Sendable {
  package var sessionKey: CryptoKey
  package var blob: CephXTicketBlob
  /// From here on a new one is wanted: a quarter of the validity before the end. Nil: never.
  package var renewAfter: Instant?
  package var expires: Instant?
}

/// The tickets that a monitor gave us, by service.
///
/// A value: handshakes work on a copy, and what they end with replaces the daemon's. Ceph:
/// `CephXTicketManager`. Source: src/auth/cephx/CephxProtocol.cc.
package struct CephXTickets: Sendable {
  package var globalID: UInt64 = 0
  package private(set) var byService: [UInt32: CephXTicket] = [:]

  package init() {}

  package subscript(_ service: EntityType) -> CephXTicket? { byService[UInt32(service.rawValue)] }

  /// Bits of those `wanted` services that have no ticket, or one that wants renewing.
  package func needed(of wanted: UInt32, at now: Instant) -> UInt32 {
    var needed: UInt32 = 0
    for bit in 0..<32 where wanted & (1 << UInt32(bit)) != 0 {
      let service = UInt32(1) << UInt32(bit)
      guard let ticket = byService[service] else {
        needed |= service
        continue
      }
      if let renewAfter = ticket.renewAfter, now >= renewAfter { needed |= service }
    }
    return needed
  }

  /// Takes a reply's tickets: `version: u8, count: u32`, then each as `take` has it.
  package mutating func take(
    reply reader: inout WireReader, sealedWith key: CryptoKey, at now: Instant
  ) throws(AuthError) {
    let count = try AuthError.decoding("ticket reply") { () throws(DecodeError) in
      _ = try reader.read(UInt8.self)
      return try reader.readCount(elementBytesMin: 14)
    }
    for _ in 0..<count { try takeOne(&reader, key, now) }
  }

  /// `service: u32, version: u8, sealed {key, validity}, is encrypted: u8, ticket`; an encrypted ticket is
  /// sealed with the key of the ticket that it replaces.
  private mutating func takeOne(
    _ reader: inout WireReader, _ key: CryptoKey, _ now: Instant
  )
    throws(AuthError)
  {
    let (service, sealed, isEncrypted, carried) = try AuthError.decoding("ticket") {
      () throws(DecodeError) in
      let service = try reader.read(UInt32.self)
      _ = try reader.read(UInt8.self)
      return (service, try reader.readBytes(), try reader.readBool(), try reader.readBytes())
    }
    let grant: CephXServiceTicket = try CephXSeal.open(sealed, key, "ticket's key")
    let blob: ByteSlice
    if isEncrypted {
      let old = byService[service]?.sessionKey ?? .none
      let opened: CountedBytes = try CephXSeal.open(carried, old, "renewed ticket")
      blob = opened.bytes
    } else {
      blob = carried
    }
    var ticket = CephXTicket(
      sessionKey: grant.sessionKey,
      blob: try AuthError.decoding("ticket blob") { () throws(DecodeError) in
        try CephXTicketBlob(wire: blob)
      })
    if !grant.validity.isZero {
      let seconds = grant.validity.seconds
      ticket.expires = now + .seconds(Int64(seconds))
      ticket.renewAfter = now + .seconds(Int64(seconds - seconds / 4))
    }
    byService[service] = ticket
  }

  /// What opens a service's door: the ticket, and sealed with its key the nonce and the answer to the
  /// service's challenge.
  ///
  /// Layout: `mode: u8 = 1, global id: u64, service: u32, ticket blob, sealed CephXAuthorize`.
  package func authorizer(
    for service: UInt32, nonce: UInt64, challengePlusOne: UInt64? = nil
  )
    throws(AuthError) -> ByteSlice
  {
    guard let ticket = byService[service] else {
      throw .access("no ticket for service \(service) yet")
    }
    let proof = CephXAuthorize(nonce: nonce, challengePlusOne: challengePlusOne)
    var writer = WireWriter()
    writer.write(AuthMode.authorizer)
    writer.write(globalID)
    writer.write(service)
    writer.write(ticket.blob)
    writer.write(try CephXSeal.seal(proof, ticket.sessionKey))
    return writer.finish()
  }
}
