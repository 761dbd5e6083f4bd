import Base
import CRocksDB
import Glibc

/// The space that the index's files live in: regions leased from the store, and a table of files in
/// an area of its own.
///
/// What is durable is always one table and all data that it names, so a start after any crash finds
/// the files as they were at one of their syncs.
package final class RocksVolume: @unchecked Sendable {
  package let layout: Layout
  let handle: OpaquePointer
  private let context: Unmanaged<HostContext>

  /// Where the table of files stands on the device, in whole blocks; 4 MiB do for an index of 100 GB.
  package struct Layout: Hashable, Sendable {
    package var areaOffset: UInt64
    package var areaBytes: UInt64
    /// A power of two from 64 KiB to 4 MiB; 1 MiB does well.
    package var regionBytes: UInt64

    package init(areaOffset: UInt64, areaBytes: UInt64, regionBytes: UInt64) {
      self.areaOffset = areaOffset
      self.areaBytes = areaBytes
      self.regionBytes = regionBytes
    }
  }

  /// Makes an empty volume; leases its first regions.
  package static func format(
    _ layout: Layout, device: any IndexDevice, regions: any IndexRegions, log: Log? = nil
  ) throws(KeyValueError) -> RocksVolume {
    try RocksVolume(layout, device, regions, log, CRocksDB_volumeFormat)
  }

  /// Reads the table of files; leases nothing, so that the owner can first learn of `regionOffsets`.
  package static func open(
    _ layout: Layout, device: any IndexDevice, regions: any IndexRegions, log: Log? = nil
  ) throws(KeyValueError) -> RocksVolume {
    try RocksVolume(layout, device, regions, log, CRocksDB_volumeOpen)
  }

  private typealias Opener = (
    UnsafePointer<CRocksDB_Host>?, UInt64, UInt64, UInt64, UnsafeMutablePointer<OpaquePointer?>?
  ) -> Int32

  private init(
    _ layout: Layout, _ device: any IndexDevice, _ regions: any IndexRegions, _ log: Log?,
    _ opener: Opener
  ) throws(KeyValueError) {
    let context = Unmanaged.passRetained(HostContext(device: device, regions: regions, log: log))
    var host = CRocksDB_Host.calling(context)
    var opened: OpaquePointer?
    let result = opener(&host, layout.areaOffset, layout.areaBytes, layout.regionBytes, &opened)
    guard result >= 0, let opened else {
      context.release()
      throw .last(result, "open of the index's volume")
    }
    self.layout = layout
    self.context = context
    handle = opened
  }

  deinit {
    CRocksDB_volumeDestroy(handle)
    context.release()
  }

  /// The regions that are the index's, used and spare.
  package var regionOffsets: [UInt64] {
    var count = CRocksDB_volumeRegions(handle, nil, 0)
    while true {
      var offsets = [UInt64](repeating: 0, count: Int(count))
      let found = CRocksDB_volumeRegions(handle, &offsets, count)
      if found <= count { return Array(offsets.prefix(Int(found))) }
      count = found
    }
  }

  package var regionCount: UInt64 { CRocksDB_volumeRegions(handle, nil, 0) }
  package var files: KeyValueFiles {
    var found = CRocksDB_VolumeFiles()
    CRocksDB_volumeFiles(handle, &found)
    var files = KeyValueFiles()
    files.count = found.count
    files.usedBytes = found.usedBytes
    files.unitBytes = found.unitBytes
    files.randomReads = found.randomReads
    files.randomReadBytes = found.randomReadBytes
    files.randomReadDeviceBytes = found.randomReadDeviceBytes
    files.reads = found.reads
    files.readBytes = found.readBytes
    files.tablesWritten = found.tablesWritten
    files.tableBytesWritten = found.tableBytesWritten
    files.directoryBytes = found.directoryBytes
    files.directoryBytesWritten = found.directoryBytesWritten
    return files
  }

  /// How often the table of files was written.
  package var commits: UInt64 { CRocksDB_volumeCommits(handle) }
}

extension KeyValueError {
  /// The error of the C call that just returned `result` on this thread.
  static func last(_ result: Int32, _ operation: String) -> KeyValueError {
    KeyValueError(errno: -result, "\(operation): \(String(cString: CRocksDB_lastError()))")
  }
}

/// What the volume's callbacks reach.
private final class HostContext: Sendable {
  let device: any IndexDevice
  let regions: any IndexRegions
  let log: Log?

  init(device: any IndexDevice, regions: any IndexRegions, log: Log?) {
    self.device = device
    self.regions = regions
    self.log = log
  }

  static func of(_ pointer: UnsafeMutableRawPointer?) -> HostContext {
    Unmanaged<HostContext>.fromOpaque(pointer!).takeUnretainedValue()
  }

  func attempt(_ body: () throws(SystemError) -> Void) -> Int32 {
    do throws(SystemError) {
      try body()
      return 0
    } catch {
      log?.error(.rocksdb, nil, "\(error)")
      return -error.errno
    }
  }
}

extension CRocksDB_Host {
  fileprivate static func calling(_ context: Unmanaged<HostContext>) -> CRocksDB_Host {
    var host = CRocksDB_Host()
    host.context = context.toOpaque()
    host.read = { context, offset, target, count in
      let host = HostContext.of(context)
      return host.attempt { () throws(SystemError) in
        try host.device.read(
          into: UnsafeMutableRawBufferPointer(start: target, count: Int(count)), at: offset)
      }
    }
    host.write = { context, offset, source, count in
      let host = HostContext.of(context)
      return host.attempt { () throws(SystemError) in
        try host.device.write(UnsafeRawBufferPointer(start: source, count: Int(count)), at: offset)
      }
    }
    host.flush = { context in
      let host = HostContext.of(context)
      return host.attempt { () throws(SystemError) in try host.device.flush() }
    }
    host.lease = { context in
      HostContext.of(context).regions.lease().map { Int64($0) } ?? -Int64(ENOSPC)
    }
    host.giveBack = { context, offset in HostContext.of(context).regions.giveBack(offset) }
    host.log = { context, level, text in
      guard let text else { return }
      HostContext.of(context).log?.write(.rocksdb, level >= 3 ? -1 : 1, nil, String(cString: text))
    }
    return host
  }
}
