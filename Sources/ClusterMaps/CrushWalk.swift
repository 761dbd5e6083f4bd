/// The tree with everything that a draw depends on; one draw in one bucket.
///
/// Confined to the call that made it: its pointers are into that call's stack and its map's tables.
struct CrushWalk {
  let buckets: UnsafeBufferPointer<CrushTables.Bucket>
  let deviceCount: Int32
  let weights: UnsafeBufferPointer<UInt32>
  let input: UInt32
  let arguments: UnsafePointer<CrushTables.Arguments>?
  /// The workspace for permutations. For each slot two words: the input that its permutation is for, and
  /// how many entries of it are settled; then the entries, where the bucket says. Nil if no draw needs it.
  let permutations: UnsafeMutablePointer<UInt32>?
  let logarithm = CrushLogarithm.shared

  /// Where a search puts what it found.
  struct Output {
    var items: UnsafeMutablePointer<Int32>
    /// The device below each item; nil if none is asked for.
    var leaves: UnsafeMutablePointer<Int32>?
  }

  @inline(__always)
  func exists(_ id: Int32) -> Bool {
    let slot = -1 - Int(id)
    return slot >= 0 && slot < buckets.count && buckets[slot].kind != .absent
  }

  /// A bucket that `exists`.
  @inline(__always)
  func bucket(_ id: Int32) -> UnsafePointer<CrushTables.Bucket> {
    buckets.baseAddress! + (-1 - Int(id))
  }

  /// The type of an item: 0 for a device; nil if it is neither a device of this map nor a bucket.
  @inline(__always)
  func type(of item: Int32) -> Int32? {
    if item >= 0 { return item < deviceCount ? 0 : nil }
    return exists(item) ? bucket(item).pointee.type : nil
  }

  /// Whether a device does not take this input: beyond the weights, out, or reweighted and unlucky.
  @inline(__always)
  func isOut(_ device: Int32) -> Bool {
    guard device >= 0, Int(device) < weights.count else { return true }
    let weight = weights[Int(device)]
    if weight >= 0x10000 { return false }
    if weight == 0 { return true }
    return CrushHash.hash(input, UInt32(bitPattern: device)) & 0xffff >= weight
  }

  /// The item that draw number `draw` takes from a bucket that is not empty. `position` is the replica's
  /// place, which picks the row of weights.
  @inline(__always)
  func item(
    in bucket: UnsafePointer<CrushTables.Bucket>, draw: Int32, position: Int
  ) -> Int32 {
    switch bucket.pointee.kind {
    case .straw2: straw2(bucket.pointee, UInt32(bitPattern: draw), position)
    case .straw: straw(bucket.pointee, UInt32(bitPattern: draw))
    case .list: list(bucket.pointee, UInt32(bitPattern: draw))
    case .tree: tree(bucket.pointee, UInt32(bitPattern: draw))
    case .uniform: permuted(bucket.pointee, draw: draw)
    case .absent: bucket.pointee.items[0]
    }
  }

  /// Every item draws a straw whose length follows an exponential distribution of its weight.
  private func straw2(_ bucket: CrushTables.Bucket, _ draw: UInt32, _ position: Int) -> Int32 {
    let size = Int(bucket.size)
    var weights = bucket.first
    var ids = bucket.items
    if let arguments {
      let mine = arguments[-1 - Int(bucket.id)]
      if let replacement = mine.weights {
        weights = replacement + min(position, Int(mine.positions) - 1) * size
      }
      ids = mine.ids ?? ids
    }
    var longest = Int64.min
    var best = 0
    for index in 0..<size where weights[index] != 0 {
      let hash =
        bucket.hashes ? CrushHash.hash(input, UInt32(bitPattern: ids[index]), draw) & 0xffff : 0
      // Ceph divides by the weight as a signed number.
      let weight = Int64(Int32(bitPattern: weights[index]))
      let length = (logarithm(hash) &- (1 << 48)) / weight
      if length > longest {
        longest = length
        best = index
      }
    }
    return bucket.items[best]
  }

  private func straw(_ bucket: CrushTables.Bucket, _ draw: UInt32) -> Int32 {
    var longest: UInt64 = 0
    var best = 0
    for index in 0..<Int(bucket.size) {
      let id = UInt32(bitPattern: bucket.items[index])
      let hash = bucket.hashes ? CrushHash.hash(input, id, draw) & 0xffff : 0
      let length = UInt64(hash) &* UInt64(bucket.first[index])
      if length > longest {
        longest = length
        best = index
      }
    }
    return bucket.items[best]
  }

  /// From the newest item on: it, or one of those before it?
  private func list(_ bucket: CrushTables.Bucket, _ draw: UInt32) -> Int32 {
    for index in stride(from: Int(bucket.size) - 1, through: 0, by: -1) {
      let item = bucket.items[index]
      let hash =
        bucket.hashes
        ? CrushHash.hash(input, UInt32(bitPattern: item), draw, UInt32(bitPattern: bucket.id)) : 0
      let point = (UInt64(hash & 0xffff) &* UInt64(bucket.first[index])) &>> 16
      if point < UInt64(bucket.second[index]) { return item }
    }
    return bucket.items[0]
  }

  /// Down a binary tree in which node n's height is the number of zeros that n ends with.
  private func tree(_ bucket: CrushTables.Bucket, _ draw: UInt32) -> Int32 {
    var node = bucket.nodeCount &>> 1
    while node > 0, node & 1 == 0 {
      let hash =
        bucket.hashes
        ? CrushHash.hash(
          input, UInt32(bitPattern: node), draw, UInt32(bitPattern: bucket.id)) : 0
      let point = (UInt64(hash) &* UInt64(bucket.first[Int(node)])) &>> 32
      let half = Int32(1) &<< (Int32(node.trailingZeroBitCount) &- 1)
      node = point < UInt64(bucket.first[Int(node - half)]) ? node - half : node + half
    }
    let index = Int(node >> 1)
    return bucket.items[index < Int(bucket.size) ? index : 0]
  }

  /// Draw n takes the n-th of the items shuffled; the shuffle is made only as far as it is needed.
  func permuted(_ bucket: CrushTables.Bucket, draw: Int32) -> Int32 {
    guard let permutations else { return bucket.items[0] }
    let size = UInt32(bucket.size)
    let place = UInt32(bitPattern: draw) % size
    let state = permutations + 2 * (-1 - Int(bucket.id))
    let order = permutations + Int(bucket.permutation)
    if state[0] != input || state[1] == 0 {
      state[0] = input
      state[1] = 0
      for index in 0..<size { order[Int(index)] = index }
    }
    while state[1] <= place {
      let settled = state[1]
      if settled < size - 1 {
        let hash =
          bucket.hashes ? CrushHash.hash(input, UInt32(bitPattern: bucket.id), settled) : 0
        let other = settled + hash % (size - settled)
        let moved = order[Int(other)]
        order[Int(other)] = order[Int(settled)]
        order[Int(settled)] = moved
      }
      state[1] = settled + 1
    }
    return bucket.items[Int(order[Int(place)])]
  }
}
