import RadosTypes

/// Choosing for erasure codes: every place is filled by itself, and stays empty if it cannot be.
///
/// Source: `crush_choose_indep` in src/crush/mapper.c.
extension CrushWalk {
  struct Indep {
    /// How many the rule asks for; enters the draws, so the same also in the search for a leaf.
    var wanted: Int32
    var type: Int32
    var tries: Int
    var leafTries: Int
  }

  /// `CRUSH_ITEM_UNDEF`: not decided yet.
  private static let undecided: Int32 = 0x7fff_fffe

  /// Decides `places` of `out` with items of the type that are below `top`.
  func chooseIndep(
    _ search: Indep, below top: Int32, _ out: Output, places: Range<Int>, outerDraw: Int32
  ) {
    for place in places {
      out.items[place] = Self.undecided
      out.leaves?[place] = Self.undecided
    }
    var left = places.count
    var round: Int32 = 0
    while left > 0, Int(round) < search.tries {
      for place in places where out.items[place] == Self.undecided {
        if decide(search, below: top, out, place, among: places, round, outerDraw) { left -= 1 }
      }
      round += 1
    }
    for place in places {
      if out.items[place] == Self.undecided { out.items[place] = PGShard.noOSD }
      if let leaves = out.leaves, leaves[place] == Self.undecided { leaves[place] = PGShard.noOSD }
    }
  }

  /// One descent for one place; true when the place is decided, be it that nobody can have it.
  private func decide(
    _ search: Indep, below top: Int32, _ out: Output, _ place: Int, among places: Range<Int>,
    _ round: Int32, _ outerDraw: Int32
  ) -> Bool {
    var bucket = self.bucket(top)
    var depth = 0
    while bucket.pointee.size > 0 {
      // A uniform bucket whose size is a multiple would repeat its draws with the usual stride.
      let repeats =
        bucket.pointee.kind == .uniform
        && UInt32(bucket.pointee.size) % UInt32(bitPattern: search.wanted) == 0
      let stride = repeats ? search.wanted &+ 1 : search.wanted
      let draw = Int32(truncatingIfNeeded: place) &+ outerDraw &+ stride &* round
      let chosen = item(in: bucket, draw: draw, position: places.lowerBound)
      guard let type = type(of: chosen) else { return giveUp(place, out) }
      if type != search.type {
        depth += 1
        guard chosen < 0, depth <= buckets.count else { return giveUp(place, out) }
        bucket = self.bucket(chosen)
        continue
      }
      return take(chosen, search, out, place, among: places, draw: draw)
    }
    return false
  }

  private func giveUp(_ place: Int, _ out: Output) -> Bool {
    out.items[place] = PGShard.noOSD
    out.leaves?[place] = PGShard.noOSD
    return true
  }

  private func take(
    _ item: Int32, _ search: Indep, _ out: Output, _ place: Int, among places: Range<Int>,
    draw: Int32
  ) -> Bool {
    for other in places where out.items[other] == item { return false }
    if let leaves = out.leaves {
      if item < 0 {
        let leaf = Indep(wanted: search.wanted, type: 0, tries: search.leafTries, leafTries: 0)
        chooseIndep(
          leaf, below: item, Output(items: leaves, leaves: nil), places: place..<place + 1,
          outerDraw: draw)
        if leaves[place] == PGShard.noOSD { return false }
      } else {
        leaves[place] = item
      }
    }
    if search.type == 0, isOut(item) { return false }
    out.items[place] = item
    return true
  }
}
