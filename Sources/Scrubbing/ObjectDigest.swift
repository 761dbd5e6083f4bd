import Buffers
import ObjectStores
import RadosTypes
import Wire

/// The checksums of an object's data and omap, as far as it has been read.
///
/// CRC-32C from seed -1. Of omap: the header's bytes if there are any, then for each entry in order
/// `key: string, value: bufferlist` as they are encoded. Ceph: `ScrubMapBuilder`,
/// `ReplicatedBackend::be_deep_scrub`.
struct ObjectDigest {
  private enum Part { case data, omapHeader, omap, done }

  private var part = Part.data
  private var position: UInt64 = 0
  private var start = OmapStart.first
  private var data = UInt32.max
  private var omap = UInt32.max
  private var keys: UInt64 = 0
  private var bytes: UInt64 = 0

  var isDone: Bool { part == .done }

  mutating func read(
    _ object: GHObject, in collection: StoreCollection, of store: any ObjectStore,
    _ settings: ScrubScanSettings
  ) async throws(StoreError) {
    switch part {
    case .data:
      let read = try await store.readFromDevice(
        object, in: collection, offset: position, length: settings.stride)
      data = CRC32C.checksum(read, seed: data)
      position += UInt64(read.count)
      if read.count < settings.stride { part = .omapHeader }
    case .omapHeader:
      omap = CRC32C.checksum(try await store.omapHeader(of: object, in: collection), seed: omap)
      part = .omap
    case .omap:
      let page = try await store.omapEntries(
        of: object, in: collection, start: start, prefix: ByteString(),
        maxEntries: settings.keys, maxBytes: .max)
      add(page)
    case .done: break
    }
  }

  private mutating func add(_ page: OmapPage) {
    for entry in page.entries {
      keys += 1
      bytes += UInt64(entry.value.count)
      var writer = WireWriter()
      writer.write(entry.name)
      writer.write(entry.value)
      omap = CRC32C.checksum(writer.finish(), seed: omap)
    }
    if page.hasMore, let last = page.entries.last {
      start = .after(last.name)
    } else {
      part = .done
    }
  }

  /// What is known, which is less after an error.
  func tell(_ found: inout ScrubMap.Object, _ settings: ScrubScanSettings) {
    if part != .data { found.digest = data }
    guard isDone else { return }
    found.omapDigest = omap
    found.omapKeys = keys
    found.omapBytes = bytes
    guard keys > settings.largeOmapKeys || bytes > settings.largeOmapBytes else { return }
    found.largeOmapFound = true
    found.largeOmapKeys = keys
    found.largeOmapBytes = bytes
  }
}
