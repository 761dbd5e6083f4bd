/// CRC-32C of the 4 KiB blocks of a slab, from its start on, each with the seed of all ones: computed
/// once, by who brought the bytes, for all who need a checksum of them after that.
@usableFromInline package struct BlockSums: Sendable {
  package static let blockBytes = 4096

  /// Of the first block; most slabs have one.
  private var first: UInt32
  private var others: [UInt32]?
  package let count: Int

  package init() {
    first = 0
    others = nil
    count = 0
  }

  package init(_ sum: UInt32) {
    first = sum
    others = nil
    count = 1
  }

  package init(_ sums: [UInt32]) {
    first = 0
    others = sums
    count = sums.count
  }

  package subscript(_ block: Int) -> UInt32 { others.map { $0[block] } ?? first }
}

extension ByteSlice {
  /// The sum of the block that begins at this byte of the slice, if it is known.
  package func blockSum(at index: Int) -> UInt32? {
    let place = Int(offset) + index
    let block = place / BlockSums.blockBytes
    guard let sums = owner?.blockSums, block < sums.count, place % BlockSums.blockBytes == 0 else {
      return nil
    }
    return sums[block]
  }
}
