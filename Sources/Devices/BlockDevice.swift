import Base
import Buffers
import Reactors

/// A block device or a file that stands for one. Confined to a reactor; completions come on it, never
/// from inside the call that asked.
///
/// Offsets, lengths and memory are multiples of `blockBytes`. Reads and writes of one block that are
/// under way together have no order. A failure is final: nothing is retried that the device refused.
package protocol BlockDevice: AnyObject, Sendable {
  var byteCount: UInt64 { get }
  /// 4096.
  var blockBytes: Int { get }

  /// The slices' bytes must not change before completion. `isDurable`: these bytes, if no others, are
  /// durable when it comes.
  func write(
    _ bytes: BufferList, at offset: UInt64, isDurable: Bool,
    completion: @escaping (SystemError?) -> Void)

  func read(
    at offset: UInt64, count: Int, completion: @escaping (Result<ByteSlice, SystemError>) -> Void)

  /// Makes durable all writes that were completed before this was called.
  func flush(completion: @escaping (SystemError?) -> Void)
}

extension BlockDevice {
  package var blockBytes: Int { 4096 }

  package func write(
    _ bytes: BufferList, at offset: UInt64, completion: @escaping (SystemError?) -> Void
  ) {
    write(bytes, at: offset, isDurable: false, completion: completion)
  }
}

extension DeviceFile {
  /// The device as this reactor's driver can best reach it.
  package func device(
    on reactor: Reactor, perf: PerfCounters? = nil
  ) throws(SystemError) -> any BlockDevice {
    if let ring = reactor.driver as? UringDriver {
      return UringDevice(self, reactor: reactor, driver: ring, perf: perf)
    }
    return try ThreadedDevice(self, reactor: reactor, perf: perf)
  }
}
