import Base
import Glibc
import KeyValue

/// All regions of a file, for an index that has it alone.
final class BenchRegions: IndexRegions, @unchecked Sendable {
  private let lock = Lock()
  private var free: [UInt64]

  init(from: UInt64, count: Int, bytes: UInt64) {
    free = (0..<count).reversed().map { from + UInt64($0) * bytes }
  }

  func lease() -> UInt64? { lock.withLock { free.popLast() } }
  func giveBack(_ offset: UInt64) { lock.withLock { free.append(offset) } }
}

/// Counts what reaches the device.
final class CountingDevice: IndexDevice, @unchecked Sendable {
  struct Counts {
    var written = 0
    var reads = 0
    var flushes = 0
  }

  private let device: DescriptorIndexDevice
  private let lock = Lock()
  private var counts = Counts()

  init(descriptor: Int32) { device = DescriptorIndexDevice(descriptor: descriptor) }

  var now: Counts { lock.withLock { counts } }

  func read(into target: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) {
    lock.withLock { counts.reads += 1 }
    try device.read(into: target, at: offset)
  }

  func write(_ source: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
    lock.withLock { counts.written += source.count }
    try device.write(source, at: offset)
  }

  func flush() throws(SystemError) {
    lock.withLock { counts.flushes += 1 }
    try device.flush()
  }
}

/// Wall and CPU time since it was made.
struct Measure {
  private let wall = SystemClock().now
  private let cpu = Measure.cpuSeconds()

  func report(_ what: String, _ count: Int) {
    let wall = (SystemClock().now - self.wall).inSeconds
    let cpu = Self.cpuSeconds() - self.cpu
    func microseconds(_ seconds: Double) -> Double { (seconds / Double(count) * 1e7).rounded() / 10 }
    print(
      "\(what): \(microseconds(wall)) us, CPU \(microseconds(cpu)) us each (\(count));",
      "resident \(Self.residentMiB) MiB")
  }

  static var residentMiB: Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return (Int(text.split(separator: " ").dropFirst().first ?? "0") ?? 0) * 4 / 1024
  }

  private static func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(0, &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  }
}
