import Base
import BlockStore
import Ciphers
import Configuration
import Glibc
import OSDService
import RadosTypes

/// `--mkfs` and `--mkkey`.
enum Formatting {
  static func run(
    _ configuration: Configuration, _ actions: Set<CommandLineArguments.Action>
  ) throws {
    let directory = DataDirectory(path: configuration.string("osd_data"))
    try directory.makeIfMissing()
    if actions.contains(.mkkey) { print(try DaemonKey.make(configuration)) }
    if actions.contains(.mkfs) { try format(configuration, directory) }
  }

  private static func format(_ configuration: Configuration, _ directory: DataDirectory) throws {
    let identity = OSDIdentity(
      whoami: Int32(configuration.identity.id) ?? -1,
      cluster: try id(configuration, "fsid")
        ?? { throw ConfigError("--mkfs needs the cluster's fsid in the configuration") }(),
      osd: try id(configuration, "osd_uuid") ?? UniqueID(random: SecureRandom()))
    var options = StoreFormatOptions()
    options.partitionCount = configuration.integer("loligo_store_partitions")
    options.logAreaBytes = configuration.size("loligo_store_log_bytes")
    try linkDevice(configuration, directory)
    do {
      try BlockStore.format(
        path: directory.blockPath, fileBytes: configuration.size("bluestore_block_size"),
        options: options,
        metadata: identity.metadata, storeID: UniqueID(random: SecureRandom()))
    } catch {
      throw ConfigError("\(directory.blockPath): \(error)")
    }
    try directory.write(identity)
    print("created object store \(directory.path) for osd.\(identity.whoami) fsid \(identity.osd)")
  }

  /// `bluestore_block_path`: the device that `block` points to.
  private static func linkDevice(_ configuration: Configuration, _ directory: DataDirectory) throws
  {
    let device = configuration.string("bluestore_block_path")
    guard !device.isEmpty, access(directory.blockPath, F_OK) != 0 else { return }
    guard symlink(device, directory.blockPath) == 0 else {
      throw SystemError(errno, "symlink \(directory.blockPath) to \(device)")
    }
  }

  private static func id(_ configuration: Configuration, _ name: String) throws -> UniqueID? {
    let text = configuration.string(name)
    guard !text.isEmpty else { return nil }
    guard let id = UniqueID(text) else { throw ConfigError("\(name) = \(text) is no UUID") }
    return id
  }
}

extension UniqueID {
  fileprivate init(random: SecureRandom) {
    // Version 4, variant 1, as everybody's.
    self.init(
      high: random.next() & ~0xf000 | 0x4000, low: random.next() & ~(3 << 62) | 2 << 62)
  }
}
