import Base
import Buffers
import RadosTypes

/// Runs the rules of a CRUSH map: from a number to devices.
///
/// Holds the map in a form made for speed, so keep one as long as its map lives; any thread.
/// Source: `crush_do_rule` in src/crush/mapper.c. The draws of all members of a cluster must agree to
/// the last bit, hence the wrapping 32-bit arithmetic throughout.
package final class CrushMapper: Sendable {
  package let map: CrushMap
  private let written: CrushEncodings
  private let tables: CrushTables
  private let deviceCount: Int32
  /// Whether any draw may need a bucket's permutation; with straw2 and modern tunables none does.
  private let needsPermutations: Bool

  package init(_ map: CrushMap) {
    self.map = map
    written = CrushEncodings()
    tables = CrushTables(map)
    deviceCount = map.deviceCount
    let hasUniform = map.buckets.contains { $0?.choice.algorithm == 1 }
    let hasFallbackStep = map.rules.contains { rule in
      rule?.steps.contains { $0.operation == .setChooseLocalFallbackTries } ?? false
    }
    needsPermutations = hasUniform || hasFallbackStep || map.tunables.localFallbackTries > 0
  }

  /// What rule `rule` chooses for `input`: at most `result.count` devices, with `PGShard.noOSD` where a
  /// place stays empty. Returns how many places it filled.
  ///
  /// `weights`: 16.16 fixed point for each device, 0x10000 for in, 0 for out; a device beyond the end is
  /// out. `pool` names the choose_args.
  package func run(
    rule: Int, input: UInt32, weights: UnsafeBufferPointer<UInt32>, pool: Int64,
    into result: UnsafeMutableBufferPointer<Int32>
  ) -> Int {
    guard map.rules.indices.contains(rule), let rule = map.rules[rule], !result.isEmpty else {
      return 0
    }
    let arguments =
      tables.arguments.isEmpty
      ? nil : tables.arguments[pool] ?? tables.arguments[CrushMap.defaultChooseArguments]
    let words = needsPermutations ? tables.permutationWords : 0
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: words) { permutations in
      // No permutation is known yet (see `CrushWalk.permuted`).
      permutations.initialize(repeating: 0)
      return withUnsafeTemporaryAllocation(of: Int32.self, capacity: 3 * result.count) { scratch in
        scratch.initialize(repeating: 0)
        let walk = CrushWalk(
          buckets: UnsafeBufferPointer(tables.buckets), deviceCount: deviceCount,
          weights: weights, input: input, arguments: arguments.map { UnsafePointer($0) },
          permutations: permutations.baseAddress)
        var run = CrushRun(walk: walk, tunables: map.tunables, scratch: scratch, result: result)
        return run.perform(rule)
      }
    }
  }

  /// The map as readers with `features` expect it; kept, since every full map repeats it.
  package func encoded(features: Features) -> ByteSlice {
    written.find(features) { map.encoded(features: features) }
  }

  /// The same, for those who have arrays.
  package func run(rule: Int, input: UInt32, count: Int, weights: [UInt32], pool: Int64) -> [Int32]
  {
    weights.withUnsafeBufferPointer { weights in
      [Int32](unsafeUninitializedCapacity: count) { buffer, filled in
        buffer.initialize(repeating: 0)
        filled = run(rule: rule, input: input, weights: weights, pool: pool, into: buffer)
      }
    }
  }
}

/// The last encoding of a map, with the features that it is for; any thread.
private final class CrushEncodings: @unchecked Sendable {
  private let lock = Lock()
  private var latest: (features: Features, bytes: ByteSlice)?

  func find(_ features: Features, orMake make: () -> ByteSlice) -> ByteSlice {
    if let known = lock.withLock({ latest }), known.features == features { return known.bytes }
    let bytes = make()
    lock.withLock { latest = (features, bytes) }
    return bytes
  }
}
