import Base
import Devices
import KeyValue
import Reactors

/// A store's real device: reached by every reactor through its own driver, the index on threads of its
/// own over the same descriptor. Open, and so locked, from the beginning and until it is closed; a
/// mount after that opens it again.
final class DeviceMedia: StoreMedia, @unchecked Sendable {
  private let path: String
  private let lock = Lock()
  // Under the lock.
  private var file: DeviceFile?
  private let rocks: RocksOptions
  private let perf: PerfRegistry?
  private let log: Log?

  init(_ file: DeviceFile, rocks: RocksOptions, perf: PerfRegistry?, log: Log?) {
    path = file.path
    self.file = file
    self.rocks = rocks
    self.perf = perf
    self.log = log
  }

  /// A mount asks for one thing after the other.
  private func opened() throws(SystemError) -> DeviceFile {
    if let file = lock.withLock({ file }) { return file }
    let opened = try DeviceFile(path: path)
    lock.withLock { file = opened }
    return opened
  }

  func device(for reactor: Reactor) throws -> any BlockDevice {
    let counters = DeviceCounter.make()
    perf?.register(counters)
    return try opened().device(on: reactor, perf: counters)
  }

  func openIndex(_ space: IndexSpace) throws -> (any KeyValue, any IndexRunner) {
    let device = DescriptorIndexDevice(descriptor: try opened().descriptor)
    let regions = IndexRegionPool(space)
    let layout = RocksVolume.Layout(
      areaOffset: space.areaOffset, areaBytes: space.areaBytes, regionBytes: regions.pieceBytes)
    let volume =
      try space.isNew
      ? RocksVolume.format(layout, device: device, regions: regions, log: log)
      : RocksVolume.open(layout, device: device, regions: regions, log: log)
    for offset in volume.regionOffsets where !regions.takes(offset) {
      throw StartError("the index has space at \(offset), which is somebody else's")
    }
    let index = try RocksKeyValue(volume: volume, options: rocks)
    return (index, try ThreadedIndexRunner())
  }

  func close(_ keyValue: any KeyValue, _ runner: any IndexRunner) {
    runner.stop()
    (keyValue as? RocksKeyValue)?.close()
    lock.withLock { file = nil }
  }
}

/// Regions of the store, cut into pieces that the index can use (1 MiB, or 4 MiB of regions above that). Any thread.
///
/// A region goes back to the store when all its pieces are free.
final class IndexRegionPool: IndexRegions, @unchecked Sendable {
  let pieceBytes: UInt64
  private let space: IndexSpace
  private let lock = Lock()
  // Under the lock: which pieces of each leased region are the index's, a bit each.
  private var used: [UInt64: UInt64] = [:]

  init(_ space: IndexSpace) {
    self.space = space
    // Of small regions smaller pieces: what the index does not fill of them is nobody's.
    pieceBytes = space.regionBytes > 4 << 20 ? 4 << 20 : min(space.regionBytes, 1 << 20)
    precondition(
      space.regionBytes % pieceBytes == 0 && space.regionBytes / pieceBytes <= 64,
      "regions of \(space.regionBytes) bytes do not fall into pieces of \(pieceBytes)")
  }

  private var piecesPerRegion: UInt64 { space.regionBytes / pieceBytes }

  private var full: UInt64 {
    piecesPerRegion == 64 ? .max : (1 << piecesPerRegion) - 1
  }

  func lease() -> UInt64? {
    if let piece = lock.withLock({ freePiece() }) { return piece }
    // Not under the lock: the store may take its own.
    guard let region = space.lease() else { return nil }
    return lock.withLock {
      used[region] = 1
      return region
    }
  }

  private func freePiece() -> UInt64? {
    guard let (region, bits) = used.first(where: { $0.value != full }) else { return nil }
    let piece = UInt64((~bits).trailingZeroBitCount)
    used[region] = bits | 1 << piece
    return region + piece * pieceBytes
  }

  func giveBack(_ offset: UInt64) {
    let emptied = lock.withLock { () -> UInt64? in
      guard let (region, bit) = place(of: offset), let bits = used[region] else { return nil }
      let left = bits & ~bit
      used[region] = left == 0 ? nil : left
      return left == 0 ? region : nil
    }
    if let emptied { space.giveBack(emptied) }
  }

  /// A piece that the index already has, at a start. False if the region is another's.
  func takes(_ offset: UInt64) -> Bool {
    guard let start = space.regionStart(containing: offset) else { return false }
    let isLeased = lock.withLock { used[start] != nil }
    guard isLeased || space.take(start) else { return false }
    let bit = UInt64(1) << ((offset - start) / pieceBytes)
    lock.withLock { used[start, default: 0] |= bit }
    return true
  }

  private func place(of offset: UInt64) -> (region: UInt64, bit: UInt64)? {
    guard let start = space.regionStart(containing: offset) else { return nil }
    return (start, 1 << ((offset - start) / pieceBytes))
  }
}
