import Base
import Buffers
import CLinux
import Glibc

/// One read, write, flush or reservation under way: what is left of it, described for the kernel 64 slices
/// at a time.
///
/// Short transfers go on where they ended; EAGAIN and EINTR are asked again; all else is final.
final class DeviceOperation {
  enum Kind { case read, write, flush, reserve }

  static let segmentsMax = 64

  let kind: Kind
  let offset: UInt64
  let total: Int
  /// Of a write: with its completion.
  let isDurable: Bool
  let started: Instant
  private(set) var done = 0
  private(set) var error: SystemError?
  /// Set while it is under way in a ring.
  var ringDevice: UringDevice?

  /// The slices to write; or the one slab to read into.
  private let bytes: BufferList
  private var onWritten: ((SystemError?) -> Void)?
  private var onRead: ((Result<ByteSlice, SystemError>) -> Void)?
  private let segments: UnsafeMutablePointer<CLinux_Segment>

  init(
    write bytes: BufferList, at offset: UInt64, isDurable: Bool, now: Instant,
    completion: @escaping (SystemError?) -> Void
  ) {
    kind = .write
    self.isDurable = isDurable
    self.offset = offset
    total = bytes.count
    self.bytes = bytes
    segments = .allocate(capacity: min(bytes.sliceCount, Self.segmentsMax))
    started = now
    onWritten = completion
  }

  init(
    read target: ByteSlice, at offset: UInt64, now: Instant,
    completion: @escaping (Result<ByteSlice, SystemError>) -> Void
  ) {
    kind = .read
    isDurable = false
    self.offset = offset
    total = target.count
    bytes = BufferList(target)
    segments = .allocate(capacity: 1)
    started = now
    onRead = completion
  }

  init(flushNow now: Instant, completion: @escaping (SystemError?) -> Void) {
    kind = .flush
    isDurable = false
    offset = 0
    total = 0
    bytes = BufferList()
    segments = .allocate(capacity: 0)
    started = now
    onWritten = completion
  }

  /// A part of a file that shall have its place in the file system; nobody waits for it.
  init(reserve extent: Range<UInt64>, now: Instant) {
    kind = .reserve
    isDurable = false
    offset = extent.lowerBound
    total = Int(extent.upperBound - extent.lowerBound)
    bytes = BufferList()
    segments = .allocate(capacity: 0)
    started = now
  }

  deinit { segments.deallocate() }

  /// Describes what comes next; where it goes on the device.
  func fill() -> (segments: UnsafeMutablePointer<CLinux_Segment>, count: Int, offset: UInt64) {
    var skip = done
    var count = 0
    for slice in bytes.slices {
      if skip >= slice.count {
        skip -= slice.count
        continue
      }
      guard count < Self.segmentsMax else { break }
      segments[count] = CLinux_Segment(
        base: UnsafeMutableRawPointer(mutating: slice.start) + skip, count: slice.count - skip)
      skip = 0
      count += 1
    }
    return (segments, count, offset + UInt64(done))
  }

  /// The kernel's answer; true when the operation has ended.
  func advance(_ result: Int64) -> Bool {
    if result == -Int64(EAGAIN) || result == -Int64(EINTR) { return false }
    if result < 0 {
      error = SystemError(Int32(-result), what)
    } else if movesBytes {
      done += Int(result)
      if result == 0 { error = SystemError(EIO, "\(what): nothing moved") }
    }
    return error != nil || !movesBytes || done == total
  }

  private var movesBytes: Bool { kind == .read || kind == .write }

  private var what: String {
    switch kind {
    case .read: "read of \(total) bytes at \(offset) of the device"
    case .write: "write of \(total) bytes at \(offset) of the device"
    case .flush: "flush of the device"
    case .reserve: "reservation of \(total) bytes at \(offset) of the device"
    }
  }

  func finish() {
    onWritten?(error)
    if let onRead {
      onRead(error.map { .failure($0) } ?? .success(bytes.contiguous()))
    }
    onWritten = nil
    onRead = nil
  }

  /// Moves all of it with blocking calls.
  func perform(on descriptor: Int32) {
    while true {
      let (segments, count, offset) = fill()
      let result: Int64 =
        switch kind {
        case .read: CLinux_readAt(descriptor, segments, Int32(count), offset)
        case .write:
          isDurable
            ? CLinux_writeDurablyAt(descriptor, segments, Int32(count), offset)
            : CLinux_writeAt(descriptor, segments, Int32(count), offset)
        case .flush: Int64(CLinux_syncData(descriptor))
        case .reserve: Int64(CLinux_reserve(descriptor, offset, UInt64(total)))
        }
      if advance(result) { return }
    }
  }
}

extension PerfCounters {
  func count(_ operation: DeviceOperation, now: Instant) {
    let took = now.nanoseconds &- operation.started.nanoseconds
    // A file system that cannot reserve, or has no room, says so again when it is written to.
    if operation.kind == .reserve { return }
    if operation.error != nil { add(DeviceCounter.errors) }
    switch operation.kind {
    case .read:
      add(DeviceCounter.reads)
      add(DeviceCounter.readBytes, UInt64(operation.done))
      sample(DeviceCounter.readLatency, took)
    case .write:
      add(DeviceCounter.writes)
      add(DeviceCounter.writeBytes, UInt64(operation.done))
      sample(DeviceCounter.writeLatency, took)
      if operation.isDurable { add(DeviceCounter.flushes) }
    case .flush:
      add(DeviceCounter.flushes)
      sample(DeviceCounter.flushLatency, took)
    case .reserve: break
    }
  }
}
