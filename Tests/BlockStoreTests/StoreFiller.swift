import Base
import BlockStore
import Buffers
import ObjectStores
import RadosTypes
import Reactors
import TestKit

/// Fills a store with objects of one kind, as far as it says that there is room, and empties it again:
/// what OSDs do with their PGs, each on its reactor.
final class StoreFiller: @unchecked Sendable {
  enum Kind {
    /// Bytes of data.
    case data(Int)
    /// Entries of 1 KiB.
    case omap(Int)

    var bytes: Int {
      switch self {
      case .data(let count): count
      case .omap(let count): count << 10
      }
    }
  }

  let store: BlockStore
  let kind: Kind
  private let content: ByteSlice
  private static let pool: Int64 = 3
  /// Each in a partition of its own.
  private(set) var pgs: [ShardPGID] = []
  /// Numbers of each PG's objects.
  private(set) var objects: [[Int]] = []
  private var next = 0

  init(_ store: BlockStore, _ kind: Kind) {
    self.store = store
    self.kind = kind
    var random = SeededRandom(seed: 7)
    content = ByteSlice(
      (0..<max(kind.bytes, 1 << 10)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
  }

  /// Makes a PG in every partition.
  func makePGs(_ partitions: Int) async {
    var found: [Int: ShardPGID] = [:]
    var seed: UInt32 = 0
    while found.count < partitions {
      let pg = ShardPGID(PGID(pool: Self.pool, seed: seed))
      seed += 1
      let handle = store.createHandle(.pg(pg))
      guard found[handle.partition] == nil else { continue }
      found[handle.partition] = pg
      await commit(pg, [0]) { transaction, _ in transaction.createCollection(.pg(pg), bits: 10) }
    }
    pgs = found.sorted { $0.key < $1.key }.map(\.value)
    objects = Array(repeating: [], count: partitions)
  }

  var objectCount: Int { objects.reduce(0) { $0 + $1.count } }

  private func object(_ pg: ShardPGID, _ number: Int) -> GHObject {
    let hash = pg.pgID.seed | UInt32(truncatingIfNeeded: number &* 0x9e37_79b1) << 10
    return GHObject(HObject(pool: Self.pool, hash: hash, name: ByteString("o\(number)")))
  }

  // MARK: Work

  /// One transaction for each number, side by side; returns when all are durable.
  private func commit(
    _ pg: ShardPGID, _ numbers: [Int], _ build: @escaping (inout Transaction, GHObject) -> Void
  ) async {
    let handle = store.open(.pg(pg)) ?? store.createHandle(.pg(pg))
    nonisolated(unsafe) let build = build
    nonisolated(unsafe) let unsafeHandle = handle
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      unsafeHandle.reactor.post { [self] in
        var left = numbers.count
        for number in numbers {
          var transaction = Transaction()
          build(&transaction, object(pg, number))
          store.queue(transaction, on: unsafeHandle) {
            left -= 1
            if left == 0 { continuation.resume() }
          }
        }
      }
    }
  }

  /// Writes objects to the PG while there is room, `most` at the most; asks before each of the last.
  func fill(_ place: Int, most: Int = .max) async {
    var left = most
    while left > 0 {
      // As much again for what describes it.
      let each = (kind.bytes + 4095) / 4096 * 4096 + 4096
      let room = Int(clamping: store.statfs().available) / each
      guard room > 0 else { return }
      let count = min(left, max(1, room / 4), max(1, (8 << 20) / each))
      let numbers = Array(next..<next + count)
      next += count
      await write(place, numbers)
      left -= count
    }
  }

  private func write(_ place: Int, _ numbers: [Int]) async {
    let id = CollectionID.pg(pgs[place])
    let content = content
    let kind = kind
    await commit(pgs[place], numbers) { transaction, object in
      switch kind {
      case .data(let count):
        transaction.write(object, in: id, offset: 0, data: BufferList(content.prefix(count)))
      case .omap(let count):
        transaction.touch(object, in: id)
        let value = content.prefix(1 << 10)
        transaction.omapSet(
          object, in: id, (0..<count).map { NamedValue(ByteString("key \($0)"), value) })
      }
    }
    objects[place] += numbers
  }

  /// Removes the objects for which `isChosen`, which has their place among their PG's, says so.
  func remove(where isChosen: (Int) -> Bool) async {
    for place in pgs.indices {
      let id = CollectionID.pg(pgs[place])
      let chosen = objects[place].enumerated().filter { isChosen($0.offset) }.map(\.element)
      objects[place] = objects[place].enumerated().filter { !isChosen($0.offset) }.map(\.element)
      for first in stride(from: 0, to: chosen.count, by: 256) {
        let some = Array(chosen[first..<min(first + 256, chosen.count)])
        await commit(pgs[place], some) { transaction, object in
          transaction.remove(object, in: id)
        }
      }
    }
  }
}
