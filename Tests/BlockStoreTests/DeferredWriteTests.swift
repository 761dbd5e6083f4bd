import Base
import BlockStore
import Buffers
import KeyValue
import ObjectStores
import RadosTypes
import Reactors
import StoreSimulation
import TestKit
import Testing

/// Data that go with their record, and come home later; on a simulated device that counts.
@Suite struct DeferredWriteTests {
  private static let pg = ShardPGID(PGID(pool: 1, seed: 0))

  /// A store with a collection, at rest.
  private final class Bench {
    let store: BlockStore
    let media: SimStoreMedia
    var handle: StoreCollection { store.open(.pg(pg))! }
    var device: SimDevice { media.devices[0] }

    init(_ store: BlockStore, _ media: SimStoreMedia) {
      self.store = store
      self.media = media
    }

    static func object(_ name: String) -> GHObject {
      GHObject(HObject(pool: 1, hash: 0, name: ByteString(Array(name.utf8))))
    }

    func makeCollection() async {
      var transaction = Transaction()
      transaction.createCollection(.pg(pg), bits: 0)
      await commit(transaction, on: store.createHandle(.pg(pg)))
    }

    func commit(_ transaction: Transaction, on handle: StoreCollection) async {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        store.queue(transaction, on: handle) { continuation.resume() }
      }
    }

    func write(_ name: String, _ byte: UInt8, bytes: Int = 4096) async {
      await commit(Self.transaction(name, byte, bytes), on: handle)
    }

    static func transaction(_ name: String, _ byte: UInt8, _ bytes: Int = 4096) -> Transaction {
      var transaction = Transaction()
      transaction.write(
        object(name), in: .pg(pg), offset: 0,
        data: BufferList(Array(repeating: byte, count: bytes)))
      return transaction
    }

    func holds(_ name: String, _ byte: UInt8, bytes: Int = 4096) async throws -> Bool {
      let data = try await store.read(
        Self.object(name), in: handle, offset: 0, length: UInt64(bytes))
      return data.array == Array(repeating: byte, count: bytes)
    }
  }

  /// Runs each part in a life of its own; every life but the last ends with a crash that keeps nothing
  /// of what was not flushed.
  private func run(_ lives: ((Bench) async throws -> Void)...) throws {
    let medium = SimMedia(byteCount: 16 << 20)
    try SimStoreMedia.format(
      medium, SimStoreMedia.smallFormat(partitions: 1, logBytes: 1 << 20), id: 1)
    var keyValue = MemoryKeyValue()
    for (number, body) in lives.enumerated() {
      let world = SimWorld(seed: 1)
      let reactor = world.makeReactor()
      let media = SimStoreMedia(medium, keyValue: keyValue, world: world)
      var options = BlockStoreOptions()
      options.dataCacheBytes = 0
      let store = BlockStore(media: media, options: options) { _ in }
      var outcome: Result<Void, any Error>?
      reactor.spawn {
        do {
          try await store.mount(reactors: [reactor])
          let bench = Bench(store, media)
          if number == 0 { await bench.makeCollection() }
          try await body(bench)
          outcome = .success(())
        } catch {
          outcome = .failure(error)
        }
      }
      world.run { outcome != nil }
      try #require(outcome != nil, "life \(number) never ended")
      try outcome!.get()
      media.crash(keepingLog: false, keepingData: false)
      keyValue = media.keyValue
      world.run { false }
    }
  }

  @Test func `a write that is alone takes one write of the device and no flush`() throws {
    try run { bench in
      let (writes, flushes) = (bench.device.writes, bench.device.flushes)
      await bench.write("object", 7)
      #expect(bench.device.writes == writes + 1)
      #expect(bench.device.flushes == flushes)
      #expect(bench.store.fill.deferredWrites == 1)
      let reads = bench.device.reads
      let holds = try await bench.holds("object", 7)
      #expect(holds)
      #expect(bench.device.reads == reads)
    }
  }

  @Test func `more than goes with a record takes its own way`() throws {
    try run { bench in
      let (writes, flushes) = (bench.device.writes, bench.device.flushes)
      await bench.write("object", 7, bytes: 20 << 10)
      #expect(bench.device.writes == writes + 2)
      #expect(bench.device.flushes == flushes + 1)
      #expect(bench.store.fill.deferredWrites == 0)
    }
  }

  @Test func `what comes together takes its own way when it is too much together`() throws {
    try run { bench in
      for number in 0..<5 { await bench.write("object\(number)", 7) }
      let (writes, flushes) = (bench.device.writes, bench.device.flushes)
      for number in 0..<4 {
        bench.store.queue(Bench.transaction("object\(number)", 8), on: bench.handle) {}
      }
      await bench.write("object4", 8)
      // The record, and the data of all, which lie side by side.
      #expect(bench.device.writes == writes + 2)
      #expect(bench.device.flushes == flushes + 1)
      #expect(bench.store.fill.deferredWrites == 5)
    }
  }

  @Test func `what is overwritten before it comes home is never written there`() throws {
    try run { bench in
      for byte in UInt8(1)...10 { await bench.write("object", byte) }
      let written = bench.device.writtenBytes
      await bench.store.checkpoint()
      #expect(bench.device.writtenBytes == written + 4096)
      let holds = try await bench.holds("object", 10)
      #expect(holds)
    }
  }

  @Test func `neighbours come home together`() throws {
    try run { bench in
      for number in 0..<10 { await bench.write("object\(number)", 7) }
      let writes = bench.device.writes
      await bench.store.checkpoint()
      #expect(bench.device.writes == writes + 1)
    }
  }

  @Test func `what was acknowledged is there after a crash, wherever it was`() throws {
    try run(
      { bench in
        await bench.write("home", 1)
        await bench.store.checkpoint()
        for number in UInt8(0)..<20 { await bench.write("log\(number)", number) }
        await bench.write("twice", 2)
        await bench.write("twice", 3)
      },
      { bench in
        let hold = [try await bench.holds("home", 1), try await bench.holds("twice", 3)]
        #expect(hold == [true, true])
        await bench.store.checkpoint()
      },
      { bench in
        for number in UInt8(0)..<20 {
          let holds = try await bench.holds("log\(number)", number)
          #expect(holds, "\(number)")
        }
        let errors = try await bench.store.check(deep: true).errors
        #expect(errors == [])
      })
  }
}
