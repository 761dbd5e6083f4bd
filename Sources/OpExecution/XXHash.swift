import Buffers

/// xxHash, 32 and 64 bits wide, over a payload in slices.
///
/// Source: the algorithm's specification (Yann Collet, xxhash_spec.md). Ceph's CHECKSUM op offers both.
package enum XXHash {
  package static func hash32(_ bytes: UnsafeRawBufferPointer, seed: UInt32) -> UInt32 {
    let prime1: UInt32 = 0x9e37_79b1
    let prime2: UInt32 = 0x85eb_ca77
    let prime3: UInt32 = 0xc2b2_ae3d
    let prime4: UInt32 = 0x27d4_eb2f
    let prime5: UInt32 = 0x1656_67b1
    func round(_ lane: UInt32, _ input: UInt32) -> UInt32 {
      rotate(lane &+ input &* prime2, 13) &* prime1
    }
    var at = 0
    var hash: UInt32
    if bytes.count >= 16 {
      var lanes = (seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1)
      while bytes.count - at >= 16 {
        lanes.0 = round(lanes.0, load(bytes, at))
        lanes.1 = round(lanes.1, load(bytes, at + 4))
        lanes.2 = round(lanes.2, load(bytes, at + 8))
        lanes.3 = round(lanes.3, load(bytes, at + 12))
        at += 16
      }
      hash =
        rotate(lanes.0, 1) &+ rotate(lanes.1, 7) &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
    } else {
      hash = seed &+ prime5
    }
    hash &+= UInt32(truncatingIfNeeded: bytes.count)
    while bytes.count - at >= 4 {
      hash = rotate(hash &+ load(bytes, at) &* prime3, 17) &* prime4
      at += 4
    }
    for byte in bytes[at...] { hash = rotate(hash &+ UInt32(byte) &* prime5, 11) &* prime1 }
    hash = (hash ^ (hash >> 15)) &* prime2
    hash = (hash ^ (hash >> 13)) &* prime3
    return hash ^ (hash >> 16)
  }

  package static func hash64(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    let prime1: UInt64 = 0x9e37_79b1_85eb_ca87
    let prime2: UInt64 = 0xc2b2_ae3d_27d4_eb4f
    let prime3: UInt64 = 0x1656_67b1_9e37_79f9
    let prime4: UInt64 = 0x85eb_ca77_c2b2_ae63
    let prime5: UInt64 = 0x27d4_eb2f_1656_67c5
    func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
      rotate(lane &+ input &* prime2, 31) &* prime1
    }
    func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
      (hash ^ round(0, lane)) &* prime1 &+ prime4
    }
    var at = 0
    var hash: UInt64
    if bytes.count >= 32 {
      var lanes = (seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1)
      while bytes.count - at >= 32 {
        lanes.0 = round(lanes.0, load(bytes, at))
        lanes.1 = round(lanes.1, load(bytes, at + 8))
        lanes.2 = round(lanes.2, load(bytes, at + 16))
        lanes.3 = round(lanes.3, load(bytes, at + 24))
        at += 32
      }
      hash =
        rotate(lanes.0, 1) &+ rotate(lanes.1, 7) &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
      hash = merge(merge(merge(merge(hash, lanes.0), lanes.1), lanes.2), lanes.3)
    } else {
      hash = seed &+ prime5
    }
    hash &+= UInt64(bytes.count)
    while bytes.count - at >= 8 {
      hash = rotate(hash ^ round(0, load(bytes, at)), 27) &* prime1 &+ prime4
      at += 8
    }
    if bytes.count - at >= 4 {
      let word: UInt32 = load(bytes, at)
      hash = rotate(hash ^ UInt64(word) &* prime1, 23) &* prime2 &+ prime3
      at += 4
    }
    for byte in bytes[at...] { hash = rotate(hash ^ UInt64(byte) &* prime5, 11) &* prime1 }
    hash = (hash ^ (hash >> 33)) &* prime2
    hash = (hash ^ (hash >> 29)) &* prime3
    return hash ^ (hash >> 32)
  }

  @inline(__always)
  private static func load<Word: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ at: Int
  ) -> Word {
    Word(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Word.self))
  }

  @inline(__always)
  private static func rotate<Word: FixedWidthInteger>(_ value: Word, _ count: Word) -> Word {
    value << count | value >> (Word(Word.bitWidth) - count)
  }
}
