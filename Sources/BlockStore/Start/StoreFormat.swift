import Base
import Buffers
import RadosTypes

/// What mkfs decides for the life of a store; bytes.
package struct StoreFormatOptions: Sendable {
  package var partitionCount = 16
  /// 0: a part of the device that fits its size.
  package var logAreaBytes: UInt64 = 0
  package var regionBytes: UInt64 = 0
  package var indexAreaBytes: UInt64 = 0
  package var logCount = 1
  /// Smaller devices are refused. The simulator's are smaller.
  package var deviceBytesMin: UInt64 = 1 << 30

  package init() {}
}

extension Superblock {
  /// The layout of a new store: superblocks, index area, logs, regions.
  package init(
    deviceBytes: UInt64, storeID: UniqueID, options: StoreFormatOptions, metadata: [String: String]
  ) throws {
    guard deviceBytes >= options.deviceBytesMin else {
      throw StartError(
        "a device of \(deviceBytes) bytes is too small; \(options.deviceBytesMin) are needed")
    }
    let unit = UInt64(Limits.unitBytes)
    self.storeID = storeID
    self.deviceBytes = deviceBytes / unit * unit
    partitionCount = UInt32(min(max(options.partitionCount, 1), Limits.partitionsMax))
    indexAreaOffset = Self.areaBytes
    indexAreaBytes =
      options.indexAreaBytes > 0 ? options.indexAreaBytes : Self.indexArea(deviceBytes)
    logAreaOffset = indexAreaOffset + indexAreaBytes
    logAreaBytes = options.logAreaBytes > 0 ? options.logAreaBytes : Self.logArea(deviceBytes)
    regionBytes = options.regionBytes > 0 ? options.regionBytes : Self.region(deviceBytes)
    let dataStart = logAreaOffset + logAreaBytes
    // Whole reference groups lie in a region.
    dataOffset = (dataStart + regionBytes - 1) / regionBytes * regionBytes
    self.metadata = metadata
    guard dataOffset + UInt64(partitionCount) * regionBytes <= self.deviceBytes else {
      throw StartError(
        "a device of \(deviceBytes) bytes has no room for \(partitionCount) partitions of "
          + "\(regionBytes)")
    }
    dealLogs(min(options.logCount, Int(partitionCount)))
  }

  private static func indexArea(_ deviceBytes: UInt64) -> UInt64 {
    deviceBytes >= 64 << 30 ? 16 << 20 : 8 << 20
  }

  /// A 64th of the device, from 64 MiB to 1 GiB.
  private static func logArea(_ deviceBytes: UInt64) -> UInt64 {
    min(max(deviceBytes / 64, 64 << 20), 1 << 30) / (1 << 20) * (1 << 20)
  }

  /// About a thousandth of the device, from 4 MiB to 64 MiB, a power of two.
  private static func region(_ deviceBytes: UInt64) -> UInt64 {
    var bytes: UInt64 = 4 << 20
    while bytes < 64 << 20, bytes * 1024 < deviceBytes { bytes *= 2 }
    return bytes
  }

  /// Both copies, where they stand.
  package mutating func formatted() throws -> [(offset: UInt64, bytes: ByteSlice)] {
    var copies: [(offset: UInt64, bytes: ByteSlice)] = []
    for _ in 0..<2 {
      generation += 1
      guard let bytes = encoded() else {
        throw StartError("the metadata does not fit the superblock")
      }
      copies.append((place, bytes))
    }
    return copies
  }
}
