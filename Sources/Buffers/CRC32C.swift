import CISAL

/// CRC-32C as Ceph uses it: Castagnoli, reflected, the seed given, no inversion before or after.
package enum CRC32C {
  @inline(__always)
  package static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32) -> UInt32 {
    CISAL_crc32c(seed, bytes.baseAddress, bytes.count)
  }

  /// Made of the sums of its blocks where they are known.
  package static func checksum(_ slice: ByteSlice, seed: UInt32) -> UInt32 {
    var running = seed
    var at = 0
    while slice.count - at >= BlockSums.blockBytes, let sum = slice.blockSum(at: at) {
      running = joined(running, block: sum)
      at += BlockSums.blockBytes
    }
    return checksum(
      UnsafeRawBufferPointer(start: slice.start + at, count: slice.count - at), seed: running)
  }

  package static func checksum(_ list: BufferList, seed: UInt32) -> UInt32 {
    if let single = list.single { return checksum(single, seed: seed) }
    var running = seed
    for slice in list.slices { running = checksum(slice, seed: running) }
    return running
  }

  /// The same of a slice that is all that its slab has, and that nobody else has yet: the sums of its
  /// blocks are kept with it.
  package static func checksum(new slice: ByteSlice, seed: UInt32) -> UInt32 {
    let count = slice.count / BlockSums.blockBytes
    if slice.offset == 0, count > 0 { slice.slab.blockSums = blockSums(slice, count) }
    return checksum(slice, seed: seed)
  }

  private static func blockSums(_ slice: ByteSlice, _ count: Int) -> BlockSums {
    func sum(_ block: Int) -> UInt32 {
      checksum(
        UnsafeRawBufferPointer(
          start: slice.start + block * BlockSums.blockBytes, count: BlockSums.blockBytes),
        seed: .max)
    }
    return count == 1 ? BlockSums(sum(0)) : BlockSums((0..<count).map(sum))
  }

  // MARK: Joining

  /// The checksum of some bytes and a block after them, of the one's checksum and the other's sum. What
  /// a block of zeros makes of a checksum is linear, so it is looked up by bytes.
  static func joined(_ running: UInt32, block sum: UInt32) -> UInt32 {
    // The sum has the seed of all ones in it, of which the rest is taken as a change.
    let change = running ^ .max
    return pastBlock.withUnsafeBufferPointer { table in
      sum ^ table[Int(change & 0xff)] ^ table[256 + Int(change >> 8 & 0xff)]
        ^ table[512 + Int(change >> 16 & 0xff)] ^ table[768 + Int(change >> 24)]
    }
  }

  /// What is left of each value of each of a checksum's four bytes, the lowest first, after a block of zeros.
  private static let pastBlock: [UInt32] = {
    let zeros = [UInt8](repeating: 0, count: BlockSums.blockBytes)
    return zeros.withUnsafeBytes { zeros in
      (0..<1024).map { checksum(zeros, seed: UInt32($0 % 256) << UInt32($0 / 256 * 8)) }
    }
  }()
}
