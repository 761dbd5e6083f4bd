import COpenSSL

/// AES-128-GCM for one key and one direction: the context is made once, a message costs no allocation.
///
/// A message is `begin`, any number of `update`s over pieces that lie anywhere, then `seal` or `open`.
/// 12-byte nonces, 16-byte tags, no additional data. Used by one thread at a time.
package final class AESGCM {
  package enum Direction: Int32 {
    case open = 0
    case seal = 1
  }

  package static let keyBytes = 16
  package static let nonceBytes = 12
  package static let tagBytes = 16

  private let handle: OpaquePointer

  /// `key` has 16 bytes.
  package init(key: some Collection<UInt8>, _ direction: Direction) {
    precondition(key.count == Self.keyBytes, "AES-128 key of \(key.count) bytes")
    guard let handle = COpenSSL_gcmCreate(Array(key), direction.rawValue) else {
      preconditionFailure("OpenSSL makes no AES-128-GCM context")
    }
    self.handle = handle
  }

  deinit { COpenSSL_gcmDestroy(handle) }

  /// `nonce` has 12 bytes; none may come twice under one key when sealing.
  package func begin(nonce: UnsafeRawBufferPointer) {
    precondition(nonce.count == Self.nonceBytes, "GCM nonce of \(nonce.count) bytes")
    Self.check(COpenSSL_gcmBegin(handle, nonce.baseAddress), "begin")
  }

  /// Ceph's nonce: `fixed: u32, counter: u64`, little-endian.
  package func begin(fixed: UInt32, counter: UInt64) {
    withUnsafeTemporaryAllocation(byteCount: Self.nonceBytes, alignment: 8) { nonce in
      nonce.storeBytes(of: fixed.littleEndian, as: UInt32.self)
      nonce.storeBytes(of: counter.littleEndian, toByteOffset: 4, as: UInt64.self)
      begin(nonce: UnsafeRawBufferPointer(nonce))
    }
  }

  /// Transforms the next bytes of the message where they lie.
  package func update(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    Self.check(COpenSSL_gcmUpdate(handle, start, start, bytes.count), "update")
  }

  /// Transforms the next bytes of the message into `target`, which has room for as many.
  package func update(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) {
    guard let start = source.baseAddress else { return }
    Self.check(COpenSSL_gcmUpdate(handle, start, target, source.count), "update")
  }

  /// Ends a message of direction `seal`: stores its 16-byte tag.
  package func seal(tag: UnsafeMutableRawPointer) {
    Self.check(COpenSSL_gcmSeal(handle, tag), "seal")
  }

  /// Ends a message of direction `open`; if it throws, what was opened is to be thrown away unread.
  package func open(tag: UnsafeRawPointer) throws(CipherError) {
    guard COpenSSL_gcmOpen(handle, tag) == 0 else { throw .badTag }
  }

  private static func check(_ result: Int32, _ step: StaticString) {
    precondition(result == 0, "AES-128-GCM \(step): \(result)")
  }
}
