import Buffers
import Ciphers
import RadosTypes
import Wire

/// A secret that two parties share, and when it was made.
///
/// Ceph: `CryptoKey`. Layout: `type: u16, created: utime, length: u16, secret`; no envelope. Its base 64
/// is what stands in keyrings. Source: src/auth/Crypto.cc.
package struct CryptoKey: Hashable, Sendable {
  /// `CEPH_CRYPTO_*`.
  package static let typeNone: UInt16 = 0
  package static let typeAES: UInt16 = 1

  package var type: UInt16
  package var created: UTime
  package var secret: [UInt8]

  package init(type: UInt16 = typeAES, created: UTime, secret: [UInt8]) {
    self.type = type
    self.created = created
    self.secret = secret
  }

  package static let none = CryptoKey(type: typeNone, created: .zero, secret: [])

  /// The 16 bytes that the cipher takes; nil for a key that is none. Ceph takes longer secrets too, and
  /// uses their beginning.
  package var cipherKey: [UInt8]? {
    guard type == Self.typeAES, secret.count >= AESCBC.keyBytes else { return nil }
    return secret.count == AESCBC.keyBytes ? secret : Array(secret.prefix(AESCBC.keyBytes))
  }
}

extension CryptoKey: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    type = try reader.read(UInt16.self)
    created = try reader.read(UTime.self)
    let count = Int(try reader.read(UInt16.self))
    secret = try reader.readSlice(count).array
    guard type == Self.typeNone || (type == Self.typeAES && secret.count >= AESCBC.keyBytes) else {
      throw .invalid("key of type \(type) and \(secret.count) bytes")
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(type)
    writer.write(created)
    writer.write(UInt16(truncatingIfNeeded: secret.count))
    writer.writeRaw(secret)
  }
}

extension CryptoKey {
  /// The form of keyrings and of `ceph auth print-key`.
  package var base64: String { Base64.encode(wire.array) }

  package init(base64 text: some Sequence<UInt8>) throws(DecodeError) {
    guard let bytes = Base64.decode(text) else { throw .invalid("base 64 of a key") }
    try self.init(wire: ByteSlice(bytes))
  }
}

/// Never the secret: keys end up in log lines.
extension CryptoKey: CustomStringConvertible {
  package var description: String { "key of type \(type), made \(created)" }
}
