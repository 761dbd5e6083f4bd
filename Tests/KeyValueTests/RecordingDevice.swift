import Base
import Buffers
import Glibc
import KeyValue

/// A device in memory that remembers every write and flush, and makes the states that a crash at any
/// moment could leave.
final class RecordingDevice: IndexDevice, @unchecked Sendable {
  enum Event {
    case write(offset: Int, bytes: ByteSlice)
    case flush
  }

  private let lock = Lock()
  private let byteCount: Int
  private let image: UnsafeMutableRawPointer
  private let original: UnsafeMutableRawPointer
  private var events: [Event] = []
  private var flushCalls = 0
  /// A mutant: every other flush does nothing, which are those between data and table.
  var skipsEveryOtherFlush = false
  var failsReads = false

  init(byteCount: Int, copying source: UnsafeRawPointer? = nil) {
    self.byteCount = byteCount
    image = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 4096)
    original = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 4096)
    if let source {
      memcpy(image, source, byteCount)
    } else {
      memset(image, 0xaa, byteCount)
    }
    memcpy(original, image, byteCount)
  }

  deinit {
    image.deallocate()
    original.deallocate()
  }

  var eventCount: Int { lock.withLock { events.count } }

  private func check(_ offset: UInt64, _ count: Int) {
    precondition(
      offset % 4096 == 0 && count % 4096 == 0 && Int(offset) + count <= byteCount,
      "\(offset)+\(count) of \(byteCount)")
  }

  func read(into target: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) {
    check(offset, target.count)
    if failsReads { throw SystemError(EIO, "read") }
    lock.withLock { _ = memcpy(target.baseAddress!, image + Int(offset), target.count) }
  }

  func write(_ source: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
    check(offset, source.count)
    lock.withLock {
      memcpy(image + Int(offset), source.baseAddress!, source.count)
      events.append(.write(offset: Int(offset), bytes: ByteSlice(copying: source)))
    }
  }

  func flush() throws(SystemError) {
    lock.withLock {
      flushCalls += 1
      if !skipsEveryOtherFlush || flushCalls % 2 == 0 { events.append(.flush) }
    }
  }

  /// What may be on the medium after a crash between events `moment - 1` and `moment`: everything up
  /// to the last flush, and of the later writes any, torn at 512 bytes.
  func crash(at moment: Int, using random: inout SeededRandom) -> RecordingDevice {
    let state = RecordingDevice(byteCount: byteCount, copying: original)
    let before = lock.withLock { Array(events.prefix(moment)) }
    let flushed = before.lastIndex { if case .flush = $0 { true } else { false } } ?? -1
    // Nothing, everything, whole writes or sectors.
    let mode = Int.random(in: 0..<5, using: &random)
    for (place, event) in before.enumerated() {
      guard case .write(let offset, let bytes) = event else { continue }
      if place < flushed || mode == 1 {
        memcpy(state.image + offset, bytes.start, bytes.count)
        continue
      }
      if mode == 0 || (mode == 2 && Bool.random(using: &random)) { continue }
      for sector in stride(from: 0, to: bytes.count, by: 512)
      where mode == 2 || Bool.random(using: &random) {
        memcpy(state.image + offset + sector, bytes.start + sector, 512)
      }
    }
    memcpy(state.original, state.image, byteCount)
    return state
  }
}

/// Regions behind the area of the table. Whatever is given back is overwritten at once, as its next
/// owner would.
final class TestRegions: IndexRegions, @unchecked Sendable {
  static let layout = RocksVolume.Layout(
    areaOffset: 8192, areaBytes: 256 << 10, regionBytes: 256 << 10)

  private let lock = Lock()
  private let device: RecordingDevice
  private var free: [UInt64]
  private(set) var returned = 0

  init(device: RecordingDevice, count: Int) {
    self.device = device
    free = (0..<count).map { 1 << 20 + UInt64($0) * Self.layout.regionBytes }.reversed()
  }

  static func deviceBytes(regions: Int) -> Int { 1 << 20 + regions * Int(layout.regionBytes) }

  /// These are leased already.
  func adopt(_ offsets: [UInt64]) {
    lock.withLock {
      for offset in offsets {
        guard let place = free.firstIndex(of: offset) else {
          preconditionFailure("region \(offset) is named twice or does not exist")
        }
        free.remove(at: place)
      }
    }
  }

  func lease() -> UInt64? { lock.withLock { free.popLast() } }

  func giveBack(_ offset: UInt64) {
    let garbage = ByteSlice([UInt8](repeating: 0xee, count: Int(Self.layout.regionBytes)))
    try? garbage.withUnsafeBytes { bytes throws(SystemError) in
      try device.write(bytes, at: offset)
    }
    lock.withLock {
      precondition(!free.contains(offset), "region \(offset) was given back twice")
      free.insert(offset, at: 0)
      returned += 1
    }
  }
}
