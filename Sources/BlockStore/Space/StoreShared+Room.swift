import Base
import KeyValue

/// How much room there is, and what of it is the index's.
///
/// The index must never lack space: it could neither bring the logs' contents home nor compact away what
/// was deleted. So data leave it whole regions for all that it may need.
extension StoreShared {
  /// Held back of the data's space, one part in so many: for maps, PGs' own objects and what other OSDs
  /// had admitted.
  private static let heldBackPart = 64
  /// Small objects take a byte of the index for about so many of data.
  private static let dataPerIndexByte = 8
  /// With less than one part in so many available, what was deleted is looked for at once.
  private static let crampedPart = 8
  /// Enough for all levels, with the checkpoints that come between.
  private static let reclaimRoundsMax = 64

  private var regionBytes: Int { spaceMap.regionUnits * Limits.unitBytes }
  private var dataUnits: Int { spaceMap.regionCount * spaceMap.regionUnits }

  /// Bytes that clients can still write, whatever they write.
  var available: UInt64 { lock.withLock { UInt64(roomNow) } }

  private var roomNow: Int {
    let counts = spaceMap.now
    let usable = spaceMap.regionCount - counts.indexRegions - counts.reservedRegions
    let taken = Int(sum(nil).allocatedUnits) + queuedUnits.reduce(0, +)
    let units = usable * spaceMap.regionUnits - taken - dataUnits / Self.heldBackPart
    return min(
      max(0, units) * Limits.unitBytes, max(0, indexRoom(counts)) * Self.dataPerIndexByte)
  }

  /// How far the index can grow when the reserve for what frees space is not touched.
  private func indexRoom(_ counts: SpaceCounts) -> Int {
    guard index.needed > 0 else { return .max / Self.dataPerIndexByte }
    let reach = Int(index.allocated) + counts.emptyRegions * regionBytes
    return reach - (neededByIndex - Int(index.spare))
  }

  /// For its tables, for what its compactions write before they delete, and for the changes that are on
  /// their way to it.
  private var neededByIndex: Int {
    index.needed == 0 ? 0 : Int(index.needed) + overlayBytes.reduce(0, +)
  }

  /// Under the lock.
  func keepForIndex() {
    let missing = max(0, neededByIndex - Int(index.allocated))
    spaceMap.keepForIndex((missing + regionBytes - 1) / regionBytes)
  }

  /// Asks the index how it stands; `deleted`: a checkpoint has just deleted something there.
  @discardableResult
  func learn(of index: Index, deleted: Bool = false) -> KeyValueUsage {
    let usage = index.keyValue.usage
    let reclaims = lock.withLock {
      self.index = usage
      if deleted { (reclaimRounds, neededAtReclaim) = (Self.reclaimRoundsMax, 0) }
      keepForIndex()
      return shouldReclaim()
    }
    if reclaims { index.runner.change { try? index.keyValue.reclaim() } }
    return usage
  }

  /// What is deleted sinks a level at a time, so the index is asked again after each change of its size.
  private func shouldReclaim() -> Bool {
    guard reclaimRounds > 0, index.needed > 0, index.needed != neededAtReclaim,
      roomNow < dataUnits / Self.crampedPart * Limits.unitBytes
    else { return false }
    reclaimRounds -= 1
    neededAtReclaim = index.needed
    return true
  }
}
