import BlockStore
import Buffers
import Glibc
import ObjectStores
import RadosTypes
import Reactors
import StoreSimulation
import TestKit
import Testing

/// A start that would have to leave out records which were acknowledged is refused.
@Suite struct LogDamageTests {
  private static let pg = ShardPGID(PGID(pool: 1, seed: 0))
  private static let object = GHObject(HObject(pool: 1, hash: 0, name: "object"))
  private static let headMagic: [UInt8] = Array("LLRC".utf8)

  private let medium = SimMedia(byteCount: 64 << 20)

  init() throws {
    try SimStoreMedia.format(
      medium, SimStoreMedia.smallFormat(partitions: 1, logBytes: 16 << 20), id: 1)
  }

  private static func adding(_ name: String, bytes: Int) -> Transaction {
    var transaction = Transaction()
    let values = (0..<max(1, bytes >> 16)).map {
      NamedValue(
        ByteString("\(name) \($0)"), ByteSlice([UInt8](repeating: 7, count: min(bytes, 1 << 16))))
    }
    transaction.omapSet(object, in: .pg(pg), values)
    return transaction
  }

  /// A record of 6 MiB, then two small ones, each after the other's commit.
  private func write() throws {
    try medium.withStore { store, _ in
      var first = Transaction()
      first.createCollection(.pg(Self.pg), bits: 0)
      first.touch(Self.object, in: .pg(Self.pg))
      let handle = store.createHandle(.pg(Self.pg))
      await store.commit(first, on: handle)
      await store.commit(Self.adding("large", bytes: 6 << 20), on: handle)
      for number in 0..<2 {
        await store.commit(Self.adding("small \(number)", bytes: 20), on: handle)
      }
    }
  }

  /// Where the log's records begin, in their order, with their lengths.
  private func records() -> [(offset: Int, length: Int)] {
    stride(from: 0, to: medium.byteCount, by: 4096).compactMap { offset in
      guard memcmp(medium.bytes + offset, Self.headMagic, 4) == 0 else { return nil }
      return (offset, Int(medium.bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self)))
    }
  }

  private func refusal() -> String? {
    do {
      try medium.withStore { _, _ in }
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func `a sound log is replayed`() throws {
    try write()
    #expect(records().count == 4)
    #expect(refusal() == nil)
  }

  @Test func `a large record that has rotted is not taken for the end`() throws {
    try write()
    let large = try #require(records().first { $0.length > 6 << 20 })
    medium.flipBit(3, at: large.offset + large.length / 2)
    #expect(try #require(refusal()).contains("is damaged"))
  }

  @Test func `a record of another version is not taken for the end`() throws {
    try write()
    let last = try #require(records().last)
    (medium.bytes + last.offset).storeBytes(of: 9, toByteOffset: 12, as: UInt16.self)
    #expect(try #require(refusal()).contains("is of version 9"))
  }

  /// Its record is the last, so that no other tells of it unless one is written for that.
  @Test func `data that rot after a second of rest are damaged, not gone`() throws {
    let data = [UInt8](repeating: 0x5a, count: 1 << 20)
    try medium.withStore { store, _ in
      var transaction = Transaction()
      transaction.createCollection(.pg(Self.pg), bits: 0)
      transaction.write(Self.object, in: .pg(Self.pg), offset: 0, data: BufferList(data))
      await store.commit(transaction, on: store.createHandle(.pg(Self.pg)))
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        _ = Reactor.current?.schedule(after: .seconds(2)) { continuation.resume() }
      }
    }
    let place = try #require(
      stride(from: 0, to: medium.byteCount, by: 4096).first {
        memcmp(medium.bytes + $0, data, 4096) == 0
      })
    medium.flipBit(1, at: place)
    try medium.withStore { store, _ in
      let handle = try #require(store.open(.pg(Self.pg)))
      let error = await #expect(throws: StoreError.self) {
        try await store.read(Self.object, in: handle)
      }
      #expect(error?.errno == EIO)
    }
  }
}
