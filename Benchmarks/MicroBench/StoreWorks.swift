import BlockStore
import Buffers
import ObjectStores
import RadosTypes
import Reactors
import StoreSimulation
import TestKit

/// The store alone, on a simulated device and index, where a run takes the same instructions each time.
enum StoreWorks {
  static let all: [(name: String, run: MicroBench.Work)] = [
    ("store-write-new", { count in try run { try await writeNew(count, $0) } }),
    ("store-overwrite", { count in try run { try await overwrite(count, $0) } }),
    ("store-read", { count in try run { try await read(count, $0) } }),
    ("store-read-large", { count in try run { try await readLarge(count, $0) } }),
  ]

  private enum Failure: Error { case neverEnded, storeFailed }

  private static let depth = 16
  private static let block = BufferList(ByteSlice(zeros: 4096))
  private static let info = ByteSlice(zeros: 250)

  /// Runs `body` with a new store that is mounted.
  private static func run(_ body: @escaping (StoreHarness) async throws -> Void) throws {
    let world = SimWorld(seed: 1)
    let reactor = world.makeReactor()
    var format = StoreFormatOptions()
    format.deviceBytesMin = 0
    format.logAreaBytes = 16 << 20
    format.indexAreaBytes = 4096
    format.regionBytes = 1 << 20
    let medium = SimMedia(byteCount: 512 << 20)
    try SimStoreMedia.format(medium, format, id: 1)
    let store = BlockStore(media: SimStoreMedia(medium, world: world)) {
      fatalError("the store failed: \($0)")
    }
    var outcome: Result<Void, any Error>?
    reactor.spawn {
      do {
        try await store.mount(reactors: [reactor])
        try await body(StoreHarness(store: store, reactor: reactor) { $0 })
        try await store.unmount()
        outcome = .success(())
      } catch { outcome = .failure(error) }
    }
    world.run { outcome != nil }
    guard let outcome else { throw Failure.neverEnded }
    try outcome.get()
  }

  private static func object(_ number: Int) -> GHObject {
    StoreSamples.object(ByteString("object.\(number)"))
  }

  /// As an op of a client has it: data, the object's info, the log entry.
  private static func add(
    _ number: Int, to object: GHObject, at offset: UInt64, _ transaction: inout Transaction
  ) {
    let collection = StoreSamples.collection
    transaction.write(object, in: collection, offset: offset, data: block)
    transaction.setAttribute(object, in: collection, "_", info)
    transaction.omapSet(
      GHObject.pgMeta(StoreSamples.pg), in: collection,
      [NamedValue(ByteString("0000000012.\(number)"), info)])
  }

  /// `count` transactions, up to `depth` of them on their way at once.
  private static func write(
    _ count: Int, _ harness: StoreHarness, to place: (Int) -> (GHObject, UInt64)
  ) async throws {
    let collection = await harness.makeCollection(StoreSamples.collection)
    await harness.commit(on: collection) {
      $0.touch(GHObject.pgMeta(StoreSamples.pg), in: StoreSamples.collection)
    }
    for number in 0..<count {
      let (object, offset) = place(number)
      var transaction = Transaction()
      add(number, to: object, at: offset, &transaction)
      if number % depth == depth - 1 || number == count - 1 {
        await harness.commit(transaction, on: collection)
      } else {
        harness.store.queue(transaction, on: collection) {}
      }
    }
  }

  private static func writeNew(_ count: Int, _ harness: StoreHarness) async throws {
    try await write(count, harness) { (object($0), 0) }
  }

  private static func overwrite(_ count: Int, _ harness: StoreHarness) async throws {
    // Of 4 MiB, each place once before any comes again; the step has no divisor in common with 1024.
    try await write(count, harness) { (object($0 % 16), UInt64($0 * 389 % 1024) * 4096) }
  }

  private static func read(_ count: Int, _ harness: StoreHarness) async throws {
    try await write(64, harness) { (object($0), 0) }
    let collection = try harness.handle(StoreSamples.collection)
    for number in 0..<count {
      use(
        try await harness.store.read(object(number % 64), in: collection, offset: 0, length: 4096))
    }
  }

  /// Whole objects of 4 MiB that came in pieces of 64 KiB and are cached.
  private static func readLarge(_ count: Int, _ harness: StoreHarness) async throws {
    let (objects, pieces) = (4, 64)
    let piece = BufferList(ByteSlice(zeros: 64 << 10))
    let collection = await harness.makeCollection(StoreSamples.collection)
    for number in 0..<objects * pieces {
      await harness.commit(on: collection) {
        $0.write(
          object(number % objects), in: StoreSamples.collection,
          offset: UInt64(number / objects * piece.count), data: piece)
      }
    }
    for number in 0..<count {
      let bytes = try await harness.store.read(
        object(number % objects), in: collection, offset: 0, length: UInt64(pieces * piece.count))
      precondition(bytes.count == pieces * piece.count)
      use(bytes)
    }
  }
}
