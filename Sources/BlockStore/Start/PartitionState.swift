import Buffers

/// A partition as a start finds it: what the index says, and what the log adds to it.
final class PartitionState: @unchecked Sendable {
  let index: Int
  /// What its log's partitions take; another's when the partitions are dealt anew.
  var units: TakenUnits
  var sequence: UInt64 = 0
  var nextID: UInt64
  var usage: [Int64: PoolUsage] = [:]
  let changes = OverlayGeneration()

  init(index: Int, units: TakenUnits) {
    self.index = index
    self.units = units
    nextID = Partition.firstID(index)
  }
}

/// How far the index has come with a partition.
///
/// Value of a `V` key: u64 the partition's last transaction that is in the index, u64 the next id.
struct PartitionProgress {
  var sequence: UInt64
  var nextID: UInt64

  var encoded: [UInt8] {
    let buffer = EncodeBuffer(capacity: 16)
    buffer.put(sequence)
    buffer.put(nextID)
    return buffer.array
  }
}
