import Base
import Buffers

/// Data of a transaction that wait for what becomes of them: written to their place, or with the record.
struct HeldWrite {
  let bytes: BufferList
  let unit: UInt64
  /// Among the partition's writes under way.
  let place: Int

  var end: UInt64 { unit + UInt64(bytes.count / Limits.unitBytes) }
}

/// Data on their way to their places.
///
/// What the transactions of one record hold is gathered and goes in the order of the units, neighbours
/// at once: partitions of one log take the same free runs, so that what comes together mostly lies side
/// by side.
extension CommitLog {
  private struct Placed {
    let write: HeldWrite
    let context: TransContext
    /// Held, since a write may end after the store is gone.
    let partition: Partition
  }

  /// Submits what the transactions hold.
  func writeHeldData(of contexts: some Sequence<TransContext>) {
    var writes: [Placed] = []
    for context in contexts where !context.held.isEmpty {
      context.dataWritesLeft += context.held.count
      for write in context.held {
        writes.append(Placed(write: write, context: context, partition: context.partition))
      }
      context.held.removeAll()
    }
    if writes.count > 1 { writes.sort { $0.write.unit < $1.write.unit } }
    var rest = writes[...]
    while let first = rest.first {
      var bytes = first.write.bytes
      var end = first.write.end
      var count = 1
      for next in rest.dropFirst() {
        guard next.write.unit == end,
          bytes.count + next.write.bytes.count <= Limits.gatheredDataBytesMax,
          bytes.sliceCount + next.write.bytes.sliceCount <= Limits.deferredRunUnitsMax
        else { break }
        bytes.append(next.write.bytes)
        end = next.write.end
        count += 1
      }
      submit(bytes, rest.prefix(count), at: first.write.unit)
      rest = rest.dropFirst(count)
    }
  }

  private func submit(_ bytes: BufferList, _ writes: ArraySlice<Placed>, at unit: UInt64) {
    device.write(bytes, at: unit * UInt64(Limits.unitBytes)) { [self] error in
      for placed in writes { placed.partition.writes.remove(placed.write.place) }
      if let error { return host.fail(error) }
      for placed in writes { placed.partition.dataWritten(of: placed.context) }
    }
  }
}
