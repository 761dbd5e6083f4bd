import Base
import BlockStore
import Buffers
import KeyValue
import ObjectStores
import RadosTypes
import Reactors
import TestKit

/// A record that one start found without its data, and so left out, must never count later: not even
/// when the record that the next life wrote over it is lost and its data, written again to the same
/// place, have come. Chain and sequence fit; only the incarnation tells.
///
///     life 1: record N (whole)   data of N (lost)        the start after it cuts the log before N
///     life 2: record N' (lost)   the same data (there)   the ring has N again
///     life 3: must end its replay before N
package final class LostRecord {
  private let medium = SimMedia(byteCount: 16 << 20)
  private var keyValue = MemoryKeyValue()
  private let mutants: StoreMutants

  private static let pg = ShardPGID(PGID(pool: 1, seed: 0))
  private static let object = GHObject(HObject(pool: 1, hash: 0, name: "object"))

  package init(mutants: StoreMutants = []) throws {
    self.mutants = mutants
    let format = SimStoreMedia.smallFormat(partitions: 1, logBytes: 1 << 20)
    try SimStoreMedia.format(medium, format, id: 1)
  }

  package func run() throws {
    try live(keepingLog: true, keepingData: false) { store in
      try await Self.makeCollection(store)
      guard try await Self.writer(store) == nil else {
        throw CrashFinding("a new store has objects")
      }
      Self.write(store, as: "first")
    }
    try live(keepingLog: false, keepingData: true) { store in
      if let writer = try await Self.writer(store) {
        throw CrashFinding("a record without its data was replayed, of the \(writer) life")
      }
      Self.write(store, as: "second")
    }
    try live(keepingLog: true, keepingData: true) { store in
      if let writer = try await Self.writer(store) {
        throw CrashFinding("a record that was left out once was replayed, of the \(writer) life")
      }
    }
  }

  /// Mounts, runs `body`, and crashes while what that queued last is on its way.
  private func live(
    keepingLog: Bool, keepingData: Bool, _ body: @escaping (BlockStore) async throws -> Void
  ) throws {
    let world = SimWorld(seed: 1)
    let reactor = world.makeReactor()
    let media = SimStoreMedia(medium, keyValue: keyValue, world: world)
    var options = BlockStoreOptions()
    // Data that go with their record cannot be lost without it.
    options.deferredBytesMax = 0
    options.mutants = mutants
    let store = BlockStore(media: media, options: options) { _ in }
    var outcome: Result<Void, any Error>?
    reactor.spawn {
      do {
        try await store.mount(reactors: [reactor])
        try await body(store)
        outcome = .success(())
      } catch {
        outcome = .failure(error)
      }
    }
    world.run { outcome != nil }
    guard let outcome else { throw CrashFinding("a life never ended") }
    try outcome.get()
    media.crash(keepingLog: keepingLog, keepingData: keepingData)
    keyValue = media.keyValue
    world.run { false }
  }

  private static func makeCollection(_ store: BlockStore) async throws {
    let handle = store.createHandle(.pg(pg))
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      var transaction = Transaction()
      transaction.createCollection(.pg(pg), bits: 0)
      store.queue(transaction, on: handle) { continuation.resume() }
    }
  }

  /// Which life's write the object has; nil: there is no object. It is in memory afterwards.
  private static func writer(_ store: BlockStore) async throws -> String? {
    guard let handle = store.open(.pg(pg)) else { throw CrashFinding("the collection is gone") }
    guard try await store.exists(object, in: handle) else { return nil }
    return try await store.attribute("life", of: object, in: handle)?.text ?? "no"
  }

  /// Queues the same data in every life, with a word that differs, and does not wait.
  private static func write(_ store: BlockStore, as life: String) {
    guard let handle = store.open(.pg(pg)) else { return }
    var transaction = Transaction()
    transaction.write(
      object, in: .pg(pg), offset: 0, data: BufferList(Array(repeating: UInt8(7), count: 4096)))
    let name = NamedValue("life", ByteSlice(Array(life.utf8)))
    transaction.setAttributes(object, in: .pg(pg), [name])
    store.queue(transaction, on: handle) {}
  }
}
