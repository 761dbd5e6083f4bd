import BlockStore
import Buffers
import KeyValue
import ObjectStores
import RadosTypes
import StoreSimulation
import TestKit
import Testing

/// What a record has of a transaction is what the transaction changes; on a simulated device that counts.
@Suite struct RecordContentTests {
  private static let pg = ShardPGID(PGID(pool: 1, seed: 0))
  private static let object = GHObject(HObject(pool: 1, hash: 0, name: "object"))

  private static func entry(_ number: Int) -> NamedValue {
    NamedValue(
      ByteString("entry \(100 + number)"), ByteSlice(Array(repeating: 7, count: 20)))
  }

  private static func adding(_ number: Int) -> Transaction {
    var transaction = Transaction()
    transaction.omapSet(object, in: .pg(pg), [entry(number)])
    return transaction
  }

  /// As a PG's log does with each write. Each takes 22 bytes, and 42 for the entry; with the object's record beside
  /// them, which does not change, they would not go into one block.
  @Test func `an entry of an omap is all that is recorded of it, and it is there after a crash`()
    throws
  {
    let medium = SimMedia(byteCount: 16 << 20)
    try SimStoreMedia.format(
      medium, SimStoreMedia.smallFormat(partitions: 1, logBytes: 1 << 20), id: 1)
    try medium.withStore { store, device in
      var first = Transaction()
      first.createCollection(.pg(Self.pg), bits: 0)
      first.touch(Self.object, in: .pg(Self.pg))
      first.omapSet(Self.object, in: .pg(Self.pg), [Self.entry(0)])
      await store.commit(first, on: store.createHandle(.pg(Self.pg)))
      let handle = try #require(store.open(.pg(Self.pg)))
      let written = device.writtenBytes
      for number in 1..<40 { store.queue(Self.adding(number), on: handle) {} }
      await store.commit(Self.adding(40), on: handle)
      #expect(device.writtenBytes == written + 4096)
    }
    try medium.withStore { store, _ in
      let handle = try #require(store.open(.pg(Self.pg)))
      let page = try await store.omapEntries(of: Self.object, in: handle)
      #expect(page.entries == (0...40).map(Self.entry))
    }
  }
}
