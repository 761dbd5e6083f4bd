import Buffers

/// A partition as a start finds it: what the index says, and what the log adds to it.
final class PartitionState: @unchecked Sendable {
  let index: Int
  let space: UnitAllocator
  var sequence: UInt64 = 0
  var nextID: UInt64
  var usage: [Int64: PoolUsage] = [:]
  let changes = OverlayGeneration()

  init(index: Int, spaceMap: SpaceMap) {
    self.index = index
    space = UnitAllocator(space: spaceMap, partition: index)
    nextID = Partition.firstID(index)
  }
}
