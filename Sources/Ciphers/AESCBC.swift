import Buffers
import COpenSSL

/// AES-128-CBC with PKCS7 padding and the one initial vector that cephx knows.
///
/// Source: Ceph src/auth/Crypto.cc (`CEPH_AES_IV`).
package enum AESCBC {
  package static let keyBytes = 16
  package static let blockBytes = 16
  private static let initialVector = Array("cephsageyudagreg".utf8)

  /// At least one byte longer than `plain`, a whole number of blocks. `key` has 16 bytes.
  package static func encrypt(_ plain: ByteSlice, key: [UInt8]) -> ByteSlice {
    precondition(key.count == keyBytes, "AES-128 key of \(key.count) bytes")
    let slab = SlabPool.shared.slab(capacity: plain.count + blockBytes)
    let stored = COpenSSL_cbcEncrypt(key, initialVector, plain.start, plain.count, slab.base)
    precondition(stored > plain.count, "AES-128-CBC of \(plain.count) bytes: \(stored)")
    return ByteSlice(slab, count: Int(stored))
  }

  /// `key` has 16 bytes.
  package static func decrypt(_ sealed: ByteSlice, key: [UInt8]) throws(CipherError) -> ByteSlice {
    precondition(key.count == keyBytes, "AES-128 key of \(key.count) bytes")
    guard sealed.count >= blockBytes, sealed.count % blockBytes == 0 else { throw .badPadding }
    let slab = SlabPool.shared.slab(capacity: sealed.count + blockBytes)
    let stored = COpenSSL_cbcDecrypt(key, initialVector, sealed.start, sealed.count, slab.base)
    guard stored >= 0 else { throw .badPadding }
    return ByteSlice(slab, count: Int(stored))
  }
}
