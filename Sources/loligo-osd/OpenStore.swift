import Base
import Configuration
import OSDService
import ObjectStores
import RadosTypes
import Reactors

/// Bring-up: memory store
struct OpenStore {
  let store: any ObjectStore
  let meta: StoreCollection
  let facts: [String: String]
  init(_ configuration: Configuration, _ reactors: [Reactor], _ log: Log, _ perf: PerfRegistry) throws {
    let store = MemStore(onFailure: { _ in })
    try MainThread.await(on: nil) { try await store.mount(reactors: reactors) }
    self.store = store
    let handle = store.createHandle(.meta)
    var superblock = OSDSuperblock()
    superblock.clusterFSID = UniqueID(configuration.string("fsid"))!
    superblock.osdFSID = UniqueID(TextFile.read(configuration.string("osd_data") + "/fsid")!.filter { !$0.isWhitespace })!
    superblock.whoami = Int32(configuration.identity.id)!
    let sb = superblock
    try MainThread.await(on: handle.reactor) {
      await withUnsafeContinuation { c in store.queue(OSD.format(sb), on: handle) { c.resume() } }
    }
    meta = handle
    facts = [:]
  }
  func identity(_ configuration: Configuration) throws -> OSDIdentity {
    OSDIdentity(whoami: Int32(configuration.identity.id)!, cluster: UniqueID(configuration.string("fsid"))!, osd: UniqueID(TextFile.read(configuration.string("osd_data") + "/fsid")!.filter { !$0.isWhitespace })!)
  }
}
enum Formatting {
  static func run(_ configuration: Configuration, _ actions: Set<CommandLineArguments.Action>) throws {
    if actions.contains(.mkkey) { print(try DaemonKey.make(configuration)) }
    guard actions.contains(.mkfs) else { return }
    let d = DataDirectory(path: configuration.string("osd_data"))
    try d.makeIfMissing()
    try d.write(OSDIdentity(whoami: Int32(configuration.identity.id)!, cluster: UniqueID(configuration.string("fsid"))!, osd: UniqueID(configuration.string("osd_uuid"))!))
  }
}
