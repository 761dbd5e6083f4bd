import Base
import Buffers
import Testing

@testable import BlockStore

/// The cache of units' contents: what it gives is what was put in last, and it never has too much.
@Suite struct DataCacheTests {
  private static var counters: PerfCounters {
    PerfCounters(name: "bluestore", StoreCounter.declarations)
  }

  private static func content(_ unit: UInt64, version: Int) -> [UInt8] {
    (0..<4096).map { UInt8(truncatingIfNeeded: $0 &+ Int(unit) &* 13 &+ version &* 101) }
  }

  private static func run(_ first: UInt64, _ count: Int, version: Int) -> (BufferList, [UInt32]) {
    let blocks = (0..<count).map { ByteSlice(content(first + UInt64($0), version: version)) }
    var list = BufferList()
    for block in blocks { list.append(block) }
    return (list, blocks.map { CRC32C.checksum($0, seed: .max) })
  }

  private func check(_ found: ByteSlice, _ unit: UInt64, version: Int) {
    let wanted = Self.content(unit, version: version)
    #expect(found.array == wanted)
    #expect(found.blockSum(at: 0) == CRC32C.checksum(ByteSlice(wanted), seed: .max))
  }

  @Test(arguments: [16, 20, 64, 1000], 0..<4)
  func `what is found is what was inserted last`(slots: Int, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let cache = DataCache(bytesMax: slots * 4096, perf: Self.counters)
    var versions: [UInt64: Int] = [:]
    for step in 0..<400 {
      let first = UInt64.random(in: 1..<300, using: &random)
      let count = Bool.random(using: &random) ? 1 : Int.random(in: 1...40, using: &random)
      let units = first..<first + UInt64(count)
      if Int.random(in: 0..<4, using: &random) == 0 {
        for unit in units { cache.forget(unit) }
        for unit in units { versions[unit] = nil }
        if step % 3 == 0 { cache.mend() }
      } else {
        let (bytes, sums) = Self.run(first, count, version: step)
        cache.insertRun(first, bytes, sums: sums[...])
        for unit in units { versions[unit] = step }
      }
      var there = 0
      for unit in UInt64(1)..<340 {
        guard let found = cache.find(unit) else { continue }
        there += 1
        guard let version = versions[unit] else {
          Issue.record("unit \(unit) was forgotten and is there")
          continue
        }
        if step % 50 == 0 { check(found, unit, version: version) }
      }
      #expect(there <= slots && there > 0 || versions.isEmpty)
    }
  }

  @Test func `neighbours that came together are one slice until one is forgotten`() {
    let cache = DataCache(bytesMax: 64 * 4096, perf: Self.counters)
    let (bytes, sums) = Self.run(10, 16, version: 0)
    cache.insertRun(10, bytes, sums: sums[...])
    func slices() -> Int {
      var all = BufferList()
      for unit in UInt64(10)..<26 { if let found = cache.find(unit) { all.append(found) } }
      return all.sliceCount
    }
    #expect(slices() == 1)
    cache.forget(12)
    #expect(slices() == 2)
    cache.mend()
    #expect(slices() == 15)
    for unit in UInt64(10)..<26 where unit != 12 {
      check(cache.find(unit) ?? .empty, unit, version: 0)
    }
  }

  @Test func `large reads come into what is free, and beyond that when they come again soon`() {
    let cache = DataCache(bytesMax: 32 * 4096, perf: Self.counters)
    #expect(cache.admitsLargeRead(of: 1, count: 32))
    let (bytes, sums) = Self.run(1, 32, version: 0)
    cache.insertRun(1, bytes, sums: sums[...])
    let others = (0..<8).map { UInt64(100 + 16 * $0) }
    #expect(!cache.admitsLargeRead(of: others[0], count: 16))
    #expect(cache.admitsLargeRead(of: others[0], count: 16))
    // As much as fits into the cache is remembered: of many in turn none comes again soon.
    for _ in 0..<4 {
      #expect(others.dropFirst().allSatisfy { !cache.admitsLargeRead(of: $0, count: 16) })
    }
  }
}
