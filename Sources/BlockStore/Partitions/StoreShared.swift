import Base
import KeyValue

/// What all partitions of a store share; any thread.
final class StoreShared: @unchecked Sendable {
  let partitionCount: Int
  let spaceMap: SpaceMap
  let lock = Lock()
  // Under the lock, by partition.
  private var usage: [[Int64: PoolUsage]]
  private(set) var overlayBytes: [Int]
  private(set) var queuedUnits: [Int]
  // Under the lock: what the index said last, and whether it may have something to reclaim.
  var index = KeyValueUsage()
  var reclaimRounds = 0
  var neededAtReclaim: UInt64 = 0
  /// Asks every log to carry its mark forward, so that what was freed comes back.
  var wantMarks: () -> Void = {}

  init(partitionCount: Int, spaceMap: SpaceMap) {
    self.partitionCount = partitionCount
    self.spaceMap = spaceMap
    usage = Array(repeating: [:], count: partitionCount)
    overlayBytes = Array(repeating: 0, count: partitionCount)
    queuedUnits = Array(repeating: 0, count: partitionCount)
  }

  // MARK: What partitions say

  func publish(_ usage: [Int64: PoolUsage], of partition: Int) {
    lock.withLock { self.usage[partition] = usage }
  }

  func publish(_ usage: PoolUsage, pool: Int64, of partition: Int) {
    lock.withLock { self.usage[partition][pool] = usage }
  }

  /// Units that transactions which wait may take.
  func publish(queuedUnits: Int, of partition: Int) {
    lock.withLock { self.queuedUnits[partition] = queuedUnits }
  }

  /// Changes that are still to be brought to the index.
  func publish(overlayBytes: Int, of partition: Int) {
    lock.withLock {
      self.overlayBytes[partition] = overlayBytes
      keepForIndex()
    }
  }

  /// Of all partitions.
  var pendingBytes: UInt64 { lock.withLock { UInt64(overlayBytes.reduce(0, +)) } }

  func usage(of pool: Int64?) -> PoolUsage {
    lock.withLock { sum(pool) }
  }

  /// Under the lock.
  func sum(_ pool: Int64?) -> PoolUsage {
    var sum = PoolUsage()
    for part in usage {
      for (key, value) in part where pool == nil || key == pool {
        sum.allocatedUnits += value.allocatedUnits
        sum.storedBytes += value.storedBytes
        sum.objects += value.objects
      }
    }
    return sum
  }
}
