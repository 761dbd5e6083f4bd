import Base
import CLinux
import Glibc

/// The device with blocking calls, for a thread that may block (the index's). One thread at a time.
///
/// Offsets, lengths and memory are multiples of 4096.
package final class BlockingDevice: @unchecked Sendable {
  package let file: DeviceFile
  package let perf: PerfCounters

  package init(_ file: DeviceFile, perf: PerfCounters? = nil) {
    self.file = file
    self.perf = perf ?? DeviceCounter.make()
  }

  package func read(
    into target: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(SystemError) {
    try move(target, offset, "read", CLinux_readAt)
    perf.add(DeviceCounter.reads)
    perf.add(DeviceCounter.readBytes, UInt64(target.count))
  }

  package func write(_ source: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
    try move(UnsafeMutableRawBufferPointer(mutating: source), offset, "write", CLinux_writeAt)
    perf.add(DeviceCounter.writes)
    perf.add(DeviceCounter.writeBytes, UInt64(source.count))
  }

  /// Makes durable all that was written before.
  package func flush() throws(SystemError) {
    var result = CLinux_syncData(file.descriptor)
    while result == -EINTR { result = CLinux_syncData(file.descriptor) }
    guard result >= 0 else { throw failed(-result, "flush") }
    perf.add(DeviceCounter.flushes)
  }

  private func move(
    _ memory: UnsafeMutableRawBufferPointer, _ offset: UInt64, _ what: String,
    _ call: (Int32, UnsafePointer<CLinux_Segment>, Int32, UInt64) -> Int64
  ) throws(SystemError) {
    checkPlace(offset, memory.count, byteCount: file.byteCount)
    guard let base = memory.baseAddress else { return }
    var done = 0
    while done < memory.count {
      var segment = CLinux_Segment(base: base + done, count: memory.count - done)
      let moved = call(file.descriptor, &segment, 1, offset + UInt64(done))
      if moved == -Int64(EINTR) || moved == -Int64(EAGAIN) { continue }
      guard moved > 0 else {
        throw failed(
          moved == 0 ? EIO : Int32(-moved), "\(what) of \(memory.count) bytes at \(offset)")
      }
      done += Int(moved)
    }
  }

  private func failed(_ errno: Int32, _ what: String) -> SystemError {
    perf.add(DeviceCounter.errors)
    return SystemError(errno, "\(what) of \(file.path)")
  }
}

extension BlockDevice {
  func checkPlace(_ offset: UInt64, _ count: Int) {
    Devices.checkPlace(offset, count, byteCount: byteCount)
  }
}

func checkPlace(_ offset: UInt64, _ count: Int, byteCount: UInt64) {
  precondition(
    offset % 4096 == 0 && count % 4096 == 0 && count > 0 && offset <= byteCount
      && UInt64(count) <= byteCount - offset,
    "\(offset)+\(count) on a device of \(byteCount) bytes")
}
