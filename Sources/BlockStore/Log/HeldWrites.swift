import Base
import Buffers

/// Data of a transaction that wait for what becomes of them: written to their place, or with the record.
struct HeldWrite {
  let unit: UInt64
  /// Among the partition's writes under way, which have the bytes.
  let place: Int
}

/// Data on their way to their places.
///
/// What the transactions of one record hold is gathered and goes in the order of the units, neighbours
/// at once: partitions of one log take the same free runs, so that what comes together mostly lies side
/// by side.
extension CommitLog {
  /// What a transaction held.
  private struct Holder {
    let context: TransContext
    let writes: [HeldWrite]

    func bytes(_ write: Int) -> BufferList { context.partition.writes[writes[write].place] }
  }

  /// One of the writes: which of whose, and the unit that it begins with.
  private struct Place {
    let unit: UInt64
    let holder: Int
    let write: Int
  }

  /// Submits what the transactions hold.
  func writeHeldData(of contexts: some Sequence<TransContext>) {
    let holders = contexts.compactMap(Self.takeHeld)
    var rest = Self.inOrder(holders)[...]
    while let first = rest.first {
      let (bytes, count) = Self.neighbours(rest, holders.span)
      submit(bytes, rest.prefix(count), holders, at: first.unit)
      rest = rest.dropFirst(count)
    }
  }

  /// They are under way from now on.
  private static func takeHeld(_ context: TransContext) -> Holder? {
    guard !context.held.isEmpty else { return nil }
    var writes: [HeldWrite] = []
    swap(&writes, &context.held)
    context.dataWritesLeft += writes.count
    return Holder(context: context, writes: writes)
  }

  private static func inOrder(_ holders: [Holder]) -> [Place] {
    var places: [Place] = []
    places.reserveCapacity(holders.count)
    for holder in holders.indices {
      for write in holders[holder].writes.indices {
        places.append(
          Place(unit: holders[holder].writes[write].unit, holder: holder, write: write))
      }
    }
    if places.count > 1 { places.sort { $0.unit < $1.unit } }
    return places
  }

  /// The bytes of the first of these writes and of those that lie behind it, and how many they are.
  private static func neighbours(
    _ places: ArraySlice<Place>, _ holders: Span<Holder>
  ) -> (bytes: BufferList, count: Int) {
    var bytes = BufferList()
    var end = places.first!.unit
    var count = 0
    for place in places {
      guard place.unit == end else { break }
      let next = holders[place.holder].bytes(place.write)
      guard count == 0 || fit(bytes, next) else { break }
      bytes.append(next)
      end += UInt64(next.count / Limits.unitBytes)
      count += 1
    }
    return (bytes, count)
  }

  /// Whether these may go in one write.
  private static func fit(_ bytes: BufferList, _ next: BufferList) -> Bool {
    bytes.count + next.count <= Limits.gatheredDataBytesMax
      && bytes.sliceCount + next.sliceCount <= Limits.deferredRunUnitsMax
  }

  private func submit(
    _ bytes: BufferList, _ places: ArraySlice<Place>, _ holders: [Holder], at unit: UInt64
  ) {
    device.write(bytes, at: unit * UInt64(Limits.unitBytes)) { [self] error in
      for place in places {
        holders[place.holder].context.partition.writes.remove(
          holders[place.holder].writes[place.write].place)
      }
      if let error { return host.fail(error) }
      for place in places {
        let context = holders[place.holder].context
        context.partition.dataWritten(of: context)
      }
    }
  }
}
