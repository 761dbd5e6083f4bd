import Buffers
import Ciphers
import RadosTypes
import Wire

/// How cephx sends a value to whoever has the key.
///
/// Plain text: `version: u8 = 1, magic: u64, value`; then AES-128-CBC. The magic tells a wrong key. Source:
/// src/auth/cephx/CephxProtocol.h (`encode_encrypt_enc_bl`).
enum CephXSeal {
  static let magic: UInt64 = 0xff00_9cad_8826_aa55

  /// The cipher text alone.
  static func seal(_ value: some WireEncodable, _ key: CryptoKey) throws(AuthError) -> ByteSlice {
    guard let cipherKey = key.cipherKey else { throw .access("no key to seal with") }
    var plain = WireWriter()
    plain.write(UInt8(1))
    plain.write(magic)
    plain.write(value)
    return AESCBC.encrypt(plain.finish(), key: cipherKey)
  }

  static func open<Value: WireDecodable>(
    _ sealed: ByteSlice, _ key: CryptoKey, _ what: StaticString
  ) throws(AuthError) -> Value {
    guard let cipherKey = key.cipherKey else { throw .access("no key to open \(what) with") }
    let plain: ByteSlice
    do { plain = try AESCBC.decrypt(sealed, key: cipherKey) } catch {
      throw .access("\(what) does not open with this key: \(error)")
    }
    return try AuthError.decoding(what) { () throws(DecodeError) in
      var reader = WireReader(plain)
      _ = try reader.read(UInt8.self)
      guard try reader.read(UInt64.self) == magic else {
        throw .invalid("magic: the key is a wrong one")
      }
      return try Value(from: &reader)
    }
  }
}

/// A run of bytes as a value: u32 length, then the bytes. Ceph: `bufferlist`, `std::string`.
struct CountedBytes: WireCodable {
  var bytes: ByteSlice

  init(_ bytes: ByteSlice) { self.bytes = bytes }

  init(from reader: inout WireReader) throws(DecodeError) { bytes = try reader.readBytes() }

  func encode(into writer: inout WireWriter) { writer.write(bytes) }
}

extension AuthError {
  static func access(_ reason: String) -> AuthError { AuthError(-Errno.EACCES, reason) }

  /// Bytes that are no such value: EACCES, as whoever sent them is not who he should be.
  static func decoding<Value>(
    _ what: StaticString, _ body: () throws(DecodeError) -> Value
  ) throws(AuthError) -> Value {
    do { return try body() } catch { throw .access("\(what): \(error)") }
  }
}
