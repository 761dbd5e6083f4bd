import Base
import BlockStore
import Configuration
import Glibc
import OSDService
import ObjectStores
import RadosTypes
import Reactors

/// The store of this OSD, mounted, and what the device says whose it is.
struct OpenStore {
  let store: any ObjectStore
  /// The collection of maps and superblock; its reactor is the daemon's home.
  let meta: StoreCollection
  /// Of the device, for the monitors.
  let facts: [String: String]
  let identity: OSDIdentity

  init(
    _ configuration: Configuration, _ reactors: [Reactor], _ log: Log, _ perf: PerfRegistry
  ) throws {
    let path = DataDirectory(path: configuration.string("osd_data")).blockPath
    guard access(path, F_OK) == 0 else {
      throw ConfigError("\(path): there is no device; --mkfs makes it")
    }
    let store = try BlockStore(
      path: path, options: Self.options(configuration), log: log, perf: perf
    ) { _ in
      // The reason is in the log, and nothing may be acknowledged any more.
      exit(1)
    }
    identity = try Self.identity(of: store, mountedOn: reactors, path, configuration)
    log.write(.bluestore, 1, nil, "\(path) mounted")
    self.store = store
    meta = try Self.meta(store, identity)
    facts = Self.facts(path, store.statfs().total)
  }

  private static func options(_ configuration: Configuration) -> BlockStoreOptions {
    var options = BlockStoreOptions()
    options.dataCacheBytes = cacheBytes("loligo_store_data_cache_bytes", share: 16, configuration)
    options.deferredBytesMax = Int(clamping: configuration.size("loligo_store_deferred_bytes"))
    options.onodeCacheBytes = cacheBytes("loligo_store_onode_cache_bytes", share: 64, configuration)
    return options
  }

  /// What is set, or else a share of what the stock OSD would aim at.
  private static func cacheBytes(
    _ name: String, share: UInt64, _ configuration: Configuration
  ) -> Int {
    let bytes = configuration.size(name)
    return Int(clamping: bytes > 0 ? bytes : configuration.size("osd_memory_target") / share)
  }

  /// Mounts, and refuses another cluster's or another OSD's device.
  private static func identity(
    of store: BlockStore, mountedOn reactors: [Reactor], _ path: String,
    _ configuration: Configuration
  ) throws -> OSDIdentity {
    do {
      try MainThread.await(on: nil) { try await store.mount(reactors: reactors) }
    } catch let error as StoreError {
      throw ConfigError("\(path) cannot be mounted: \(error); a new device needs --mkfs")
    }
    guard let found = OSDIdentity(metadata: store.metadata) else {
      throw ConfigError("\(path) holds a store that is no OSD's")
    }
    guard "\(found.whoami)" == configuration.identity.id else {
      throw ConfigError(
        "\(path) is the device of osd.\(found.whoami), not of osd.\(configuration.identity.id)")
    }
    let cluster = configuration.string("fsid")
    guard cluster.isEmpty || UniqueID(cluster) == found.cluster else {
      throw ConfigError(
        "\(path) belongs to cluster \(found.cluster), the configuration's fsid is \(cluster)")
    }
    return found
  }

  /// The meta collection, made with the superblock at the first start.
  private static func meta(_ store: BlockStore, _ identity: OSDIdentity) throws -> StoreCollection {
    if let meta = store.open(.meta) { return meta }
    let meta = store.createHandle(.meta)
    try MainThread.await(on: meta.reactor) {
      await withUnsafeContinuation { continuation in
        store.queue(OSD.format(identity), on: meta) { continuation.resume() }
      }
    }
    return meta
  }

  private static func facts(_ path: String, _ bytes: UInt64) -> [String: String] {
    let media = DeviceKind(path: path)
    var facts = [
      "bluestore_bdev_type": media.isRotational ? "hdd" : "ssd",
      "bluestore_bdev_size": "\(bytes)",
      "bluestore_bdev_access_mode": media.node == nil ? "file" : "blk",
      "bluestore_bdev_block_size": "4096", "bluestore_bdev_driver": "loligo",
      "bluestore_bdev_rotational": media.isRotational ? "1" : "0",
      "rotational": media.isRotational ? "1" : "0",
      "journal_rotational": media.isRotational ? "1" : "0",
      "default_device_class": media.isRotational ? "hdd" : "ssd",
    ]
    // By which dashboards find the disk's own metrics.
    facts["bluestore_bdev_dev_node"] = media.node
    facts["bluestore_bdev_partition_path"] = media.node
    return facts
  }
}
