import Buffers
import COpenSSL

/// HMAC-SHA256 over bytes that come in pieces. Used by one thread at a time.
package final class HMACSHA256 {
  package static let digestBytes = 32

  private let handle: OpaquePointer

  package init(key: some Collection<UInt8>) {
    guard let handle = COpenSSL_hmacCreate(Array(key), key.count) else {
      preconditionFailure("OpenSSL makes no HMAC-SHA256 context")
    }
    self.handle = handle
  }

  deinit { COpenSSL_hmacDestroy(handle) }

  package func update(_ bytes: UnsafeRawBufferPointer) {
    let result = COpenSSL_hmacUpdate(handle, bytes.baseAddress, bytes.count)
    precondition(result == 0, "HMAC-SHA256 update: \(result)")
  }

  package func update(_ slice: ByteSlice) { slice.withUnsafeBytes { update($0) } }

  package func update(_ list: BufferList) { for slice in list.slices { update(slice) } }

  /// The 32-byte digest of everything since the last one; ready for another message afterwards.
  package func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.digestBytes) { digest, count in
      let result = COpenSSL_hmacFinish(handle, digest.baseAddress)
      precondition(result == 0, "HMAC-SHA256 finish: \(result)")
      count = Self.digestBytes
    }
  }

  package static func digest(of bytes: ByteSlice, key: some Collection<UInt8>) -> [UInt8] {
    let mac = HMACSHA256(key: key)
    mac.update(bytes)
    return mac.finish()
  }
}
