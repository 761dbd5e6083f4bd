import Base
import Glibc

/// The block device as the index sees it. Calls block, on any thread, several at once.
///
/// Offsets, lengths and memory are multiples of 4096.
package protocol IndexDevice: AnyObject, Sendable {
  func read(into target: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError)
  func write(_ source: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError)
  /// Covers the writes that returned before the call.
  func flush() throws(SystemError)
}

/// Whose regions the index's files live in. Any thread; not called with a lock of the index held.
package protocol IndexRegions: AnyObject, Sendable {
  /// Where a region lies that is the index's from now on; nil: none is left. May block until the
  /// owner knows which are free: nobody waits for it but a background thread of the index.
  func lease() -> UInt64?
  /// Nothing durable names the region any more: it may be written by others.
  func giveBack(_ offset: UInt64)
}

/// A device by its descriptor, which somebody else owns, locks and closes.
package final class DescriptorIndexDevice: IndexDevice {
  private let descriptor: Int32

  /// The descriptor may have O_DIRECT.
  package init(descriptor: Int32) { self.descriptor = descriptor }

  package func read(
    into target: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(SystemError) {
    var done = 0
    while done < target.count {
      let got = pread(
        descriptor, target.baseAddress! + done, target.count - done, off_t(offset) + off_t(done))
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { throw SystemError(got < 0 ? errno : EIO, "pread of the index") }
      done += got
    }
  }

  package func write(_ source: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
    var done = 0
    while done < source.count {
      let put = pwrite(
        descriptor, source.baseAddress! + done, source.count - done, off_t(offset) + off_t(done))
      if put < 0, errno == EINTR { continue }
      guard put > 0 else { throw SystemError(put < 0 ? errno : EIO, "pwrite of the index") }
      done += put
    }
  }

  package func flush() throws(SystemError) {
    if fdatasync(descriptor) < 0 { throw SystemError(errno, "fdatasync of the index") }
  }
}
