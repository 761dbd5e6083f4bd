import Base
import Buffers
import Testing

/// Checksums made of the sums of blocks, against those of all bytes at once.
@Suite struct CRC32CTests {
  private func slice(_ count: Int, seed: UInt64) -> ByteSlice {
    var random = SeededRandom(seed: seed)
    return ByteSlice((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
  }

  @Test(arguments: [1, 4095, 4096, 4097, 8192, 70000, 1 << 20])
  func `sums of blocks make the checksum of all`(count: Int) {
    for seed: UInt32 in [0, 1, .max, 0xdead_beef] {
      let bytes = slice(count, seed: UInt64(seed))
      let whole = bytes.withUnsafeBytes { CRC32C.checksum($0, seed: seed) }
      #expect(CRC32C.checksum(new: bytes, seed: seed) == whole)
      #expect((bytes.blockSum(at: 0) != nil) == (count >= 4096))
      #expect(CRC32C.checksum(bytes, seed: seed) == whole)
    }
  }

  @Test func `any part of a slice has the checksum of its bytes`() {
    let bytes = slice(50000, seed: 3)
    _ = CRC32C.checksum(new: bytes, seed: .max)
    for (from, count) in [
      (0, 50000), (4096, 8192), (4096, 9000), (100, 20000), (8192, 41808), (0, 0),
    ] {
      let part = bytes.sub(from, count)
      #expect(
        CRC32C.checksum(part, seed: 7) == part.withUnsafeBytes { CRC32C.checksum($0, seed: 7) })
    }
    var list = BufferList(bytes.sub(4096, 4096))
    list.append(bytes.sub(10, 10))
    list.append(bytes.sub(0, 12288))
    let joined = list.contiguous()
    #expect(
      CRC32C.checksum(list, seed: 9) == joined.withUnsafeBytes { CRC32C.checksum($0, seed: 9) })
  }

  @Test func `the sums that a slab is given are taken as they are`() {
    let bytes = slice(8192, seed: 4)
    bytes.slab.blockSums = BlockSums([1, 2])
    #expect(bytes.blockSum(at: 0) == 1 && bytes.blockSum(at: 4096) == 2)
    #expect(bytes.blockSum(at: 1) == nil && bytes.blockSum(at: 8192) == nil)
  }
}
