import Base
import Buffers
import ClusterMaps
import ObjectStores
import RadosTypes
import Wire

/// The maps that this OSD keeps, as the monitors wrote them, and its superblock: objects of the meta
/// collection (`osdmap.E`, `inc_osdmap.E`, `osd_superblock`, as in `src/osd/OSD.h`).
///
/// Clients and peers that are behind are told with these. Confined to the meta collection's reactor.
final class MapHistory {
  let store: any ObjectStore
  let meta: StoreCollection
  var superblock: OSDSuperblock
  /// Encoded incrementals of the latest epochs, since these are what sessions ask for.
  private var recent: [UInt32: ByteSlice] = [:]

  /// Decoded maps of the latest epochs: what PGs that are made or loaded go through.
  private var decoded: [UInt32: OSDMap] = [:]

  init(store: any ObjectStore, meta: StoreCollection, superblock: OSDSuperblock) {
    self.store = store
    self.meta = meta
    self.superblock = superblock
  }

  static let superblockObject = GHObject.meta("osd_superblock")

  private static func full(_ epoch: UInt32) -> GHObject { .meta(ByteString("osdmap.\(epoch)")) }

  private static func incremental(_ epoch: UInt32) -> GHObject {
    .meta(ByteString("inc_osdmap.\(epoch)"))
  }

  /// What a new store begins with: the meta collection and a superblock.
  static func format(_ superblock: OSDSuperblock) -> Transaction {
    var transaction = Transaction()
    transaction.createCollection(.meta, bits: 0)
    transaction.touch(superblockObject, in: .meta)
    transaction.write(superblockObject, in: .meta, offset: 0, data: BufferList(superblock.wire))
    return transaction
  }

  static func load(store: any ObjectStore, meta: StoreCollection) async throws -> MapHistory {
    let bytes = try await store.read(superblockObject, in: meta)
    let superblock = try OSDSuperblock(wire: bytes.contiguous())
    return MapHistory(store: store, meta: meta, superblock: superblock)
  }

  /// Adds one epoch to `transaction`, and to what is kept in memory.
  func add(
    _ epoch: UInt32, full bytes: ByteSlice, incremental: ByteSlice?,
    to transaction: inout Transaction
  ) {
    replace(Self.full(epoch), with: bytes, in: &transaction)
    if let incremental {
      replace(Self.incremental(epoch), with: incremental, in: &transaction)
      recent[epoch] = ByteSlice(
        copying: UnsafeRawBufferPointer(start: incremental.start, count: incremental.count))
      recent[epoch &- Limits.recentMaps] = nil
    }
    superblock.currentEpoch = max(superblock.currentEpoch, epoch)
    superblock.newestMap = max(superblock.newestMap, epoch)
    if superblock.oldestMap == 0 { superblock.oldestMap = epoch }
  }

  /// Forgets epochs below `floor` but for the newest, at most `Limits.mapsTrimmedAtOnce` of them.
  func trim(to floor: UInt32, in transaction: inout Transaction) {
    var left = Limits.mapsTrimmedAtOnce
    while superblock.oldestMap < min(floor, superblock.newestMap), left > 0 {
      transaction.remove(Self.full(superblock.oldestMap), in: .meta)
      transaction.remove(Self.incremental(superblock.oldestMap), in: .meta)
      superblock.oldestMap += 1
      left -= 1
    }
  }

  func writeSuperblock(to transaction: inout Transaction) {
    replace(Self.superblockObject, with: superblock.wire, in: &transaction)
  }

  func commit(_ transaction: consuming Transaction, then done: @escaping () -> Void) {
    store.queue(transaction, on: meta, onCommit: done)
  }

  private func replace(_ object: GHObject, with bytes: ByteSlice, in transaction: inout Transaction)
  {
    transaction.touch(object, in: .meta)
    transaction.truncate(object, in: .meta, size: 0)
    transaction.write(object, in: .meta, offset: 0, data: BufferList(bytes))
  }

  /// nil if this OSD does not have that epoch.
  func full(_ epoch: UInt32) async -> ByteSlice? {
    try? await store.read(Self.full(epoch), in: meta).contiguous()
  }

  /// nil if this OSD does not have that epoch.
  func map(_ epoch: UInt32) async -> OSDMap? {
    if let map = decoded[epoch] { return map }
    guard let bytes = await full(epoch), let map = try? OSDMap(wire: bytes) else { return nil }
    keep(map)
    return map
  }

  func keep(_ map: OSDMap) {
    decoded[map.epoch] = map
    guard decoded.count > Limits.decodedMaps, let oldest = decoded.keys.min() else { return }
    decoded[oldest] = nil
  }

  func incremental(_ epoch: UInt32) async -> ByteSlice? {
    if let bytes = recent[epoch] { return bytes }
    return try? await store.read(Self.incremental(epoch), in: meta).contiguous()
  }
}

extension Limits {
  /// osd_map_cache_size: decoded maps kept in memory.
  static let decodedMaps = 50
  /// Encoded incrementals kept in memory: what a client that is a little behind needs.
  static let recentMaps: UInt32 = 50
  /// Old maps removed with one batch of new ones, so that trimming never outweighs the work at hand.
  static let mapsTrimmedAtOnce = 40
}
