import CISAL

/// CRC-32C as Ceph uses it: Castagnoli, reflected, the seed given, no inversion before or after.
package enum CRC32C {
  @inline(__always)
  package static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32) -> UInt32 {
    CISAL_crc32c(seed, bytes.baseAddress, bytes.count)
  }

  package static func checksum(_ slice: ByteSlice, seed: UInt32) -> UInt32 {
    slice.withUnsafeBytes { checksum($0, seed: seed) }
  }

  package static func checksum(_ list: BufferList, seed: UInt32) -> UInt32 {
    if let single = list.single { return checksum(single, seed: seed) }
    var running = seed
    for slice in list.slices { running = checksum(slice, seed: running) }
    return running
  }
}
