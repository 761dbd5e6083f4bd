import Base
import Buffers
import Devices
import KeyValue
import RadosTypes
import Reactors

extension BlockStore {
  /// Makes an empty store on a device, or on a file that is made if it is not there, with `metadata` for
  /// whoever opens it. What the device held is gone. On no reactor.
  package static func format(
    path: String, fileBytes: UInt64, options: StoreFormatOptions = StoreFormatOptions(),
    metadata: [String: String], storeID: UniqueID
  ) throws {
    try DeviceFile.create(path: path, byteCount: fileBytes)
    let file = try DeviceFile(path: path)
    var superblock = try Superblock(
      deviceBytes: file.byteCount, storeID: storeID, options: options, metadata: metadata)
    let device = BlockingDevice(file)
    if !file.isBlockDevice { try writeLogArea(superblock, device) }
    for copy in try superblock.formatted() {
      try copy.bytes.withUnsafeBytes { bytes throws(SystemError) in
        try device.write(bytes, at: copy.offset)
      }
    }
    try device.flush()
  }

  /// Zeros for all of the log area. A block of a file that was never written takes its place in the file
  /// system with the first write, and the flush after that has to make the file system's own log durable
  /// too: at each commit, until the ring was gone round once.
  private static func writeLogArea(
    _ superblock: Superblock, _ device: BlockingDevice
  ) throws(SystemError) {
    let zeros = ByteSlice(zeros: 1 << 20)
    var offset = superblock.logAreaOffset
    let end = offset + superblock.logAreaBytes
    while offset < end {
      let count = min(zeros.count, Int(end - offset))
      try zeros.withUnsafeBytes { bytes throws(SystemError) in
        try device.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: offset)
      }
      offset += UInt64(count)
    }
  }

  /// The store on a device; `mount` opens it. Throws if another process has the device.
  package convenience init(
    path: String, options: BlockStoreOptions = BlockStoreOptions(),
    rocks: RocksOptions = RocksOptions(),
    log: Log? = nil, perf: PerfRegistry? = nil, onFailure: @escaping @Sendable (any Error) -> Void
  ) throws(SystemError) {
    let file = try DeviceFile(path: path)
    var options = options
    // What waits for the index must find room there.
    options.overlayBytes = min(options.overlayBytes, Int(file.byteCount / 128))
    self.init(
      media: DeviceMedia(file, rocks: rocks.fitted(to: file.byteCount), perf: perf, log: log),
      options: options, log: log, perf: perf, onFailure: onFailure)
  }

  /// What mkfs was given; once mounted.
  package var metadata: [String: String] { lock.withLock { mounted?.superblock.metadata ?? [:] } }
}
