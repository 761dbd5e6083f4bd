/// Choosing for replicas: whoever is found fills the next free place.
///
/// Source: `crush_choose_firstn` in src/crush/mapper.c.
extension CrushWalk {
  struct FirstN {
    var wanted: Int
    var type: Int32
    var tries: Int
    var leafTries: Int
    var localTries: Int
    var localFallbackTries: Int
    var varyR: Int32
    var stable: Bool

    /// The search for one device below a chosen item.
    func leaf(at place: Int) -> FirstN {
      var leaf = self
      leaf.wanted = stable ? 1 : place + 1
      leaf.type = 0
      leaf.tries = leafTries
      leaf.leafTries = 0
      return leaf
    }
  }

  /// Fills `out` from place `from` on, at most `room` places, with items of the type that are below
  /// `top`; returns the place after the last one filled.
  func chooseFirstN(
    _ search: FirstN, below top: Int32, _ out: Output, from: Int, room: Int, outerDraw: Int32
  ) -> Int {
    var place = from
    var replica = search.stable ? 0 : from
    let end = from + room
    while replica < search.wanted, place < end {
      let first = Int32(truncatingIfNeeded: replica) &+ outerDraw
      if findOne(search, below: top, out, at: place, room: end - place, firstDraw: first) {
        place += 1
      }
      replica += 1
    }
    return place
  }

  /// One place: draws from the top down until something fits, or the tries are used up.
  private func findOne(
    _ search: FirstN, below top: Int32, _ out: Output, at place: Int, room: Int, firstDraw: Int32
  ) -> Bool {
    var failures = 0
    while true {
      var bucket = self.bucket(top)
      var depth = 0
      var localFailures = 0
      while true {
        let draw = firstDraw &+ Int32(truncatingIfNeeded: failures)
        var verdict = Verdict.rejected
        if bucket.pointee.size > 0 {
          let chosen = choose(search, in: bucket, draw: draw, at: place, localFailures)
          guard let type = type(of: chosen) else { return false }
          if type != search.type {
            // Deeper. A device of the wrong type ends it; so does a tree that bites its tail.
            depth += 1
            guard chosen < 0, depth <= buckets.count else { return false }
            bucket = self.bucket(chosen)
            continue
          }
          verdict = judge(chosen, search, out, at: place, room: room, draw: draw)
          if verdict == .taken {
            out.items[place] = chosen
            return true
          }
        }
        failures += 1
        localFailures += 1
        if verdict == .collided, localFailures <= search.localTries { continue }
        if search.localFallbackTries > 0,
          localFailures <= Int(bucket.pointee.size) + search.localFallbackTries
        {
          continue
        }
        if failures < search.tries { break }
        return false
      }
    }
  }

  private enum Verdict { case taken, collided, rejected }

  @inline(__always)
  private func choose(
    _ search: FirstN, in bucket: UnsafePointer<CrushTables.Bucket>, draw: Int32, at place: Int,
    _ localFailures: Int
  ) -> Int32 {
    let exhaustive =
      search.localFallbackTries > 0 && localFailures >= Int(bucket.pointee.size) >> 1
      && localFailures > search.localFallbackTries
    return exhaustive
      ? permuted(bucket.pointee, draw: draw) : item(in: bucket, draw: draw, position: place)
  }

  /// Whether `item`, of the right type, can have the place; finds its leaf if one is asked for.
  private func judge(
    _ item: Int32, _ search: FirstN, _ out: Output, at place: Int, room: Int, draw: Int32
  ) -> Verdict {
    for other in 0..<place where out.items[other] == item { return .collided }
    if let leaves = out.leaves {
      if item < 0 {
        let inner = search.varyR == 0 ? 0 : draw &>> (search.varyR &- 1)
        let found = chooseFirstN(
          search.leaf(at: place), below: item, Output(items: leaves, leaves: nil), from: place,
          room: room, outerDraw: inner)
        if found <= place { return .rejected }
      } else {
        leaves[place] = item
      }
    }
    return search.type == 0 && isOut(item) ? .rejected : .taken
  }
}
