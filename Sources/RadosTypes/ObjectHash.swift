import Buffers

/// Hashes that place objects: the string hash of names, and from a hash to a PG's number.
///
/// Sources: ceph_hash.cc (`ceph_str_hash_rjenkins`), rados.h (`ceph_stable_mod`), hobject.h.
package enum ObjectHash {
  /// Between namespace and name in what is hashed (`pg_pool_t::hash_key`).
  package static let namespaceSeparator: UInt8 = 0x1f

  /// The hash of an object: of its key if it has one, else its name, after the namespace.
  package static func hash(name: ByteString, key: ByteString, namespace: ByteString) -> UInt32 {
    let hashed = key.isEmpty ? name : key
    if namespace.isEmpty { return rjenkins(hashed.bytes) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(namespace.count + 1 + hashed.count)
    bytes += namespace.bytes
    bytes.append(namespaceSeparator)
    bytes += hashed.bytes
    return rjenkins(bytes)
  }

  /// Bob Jenkins' hash of 1996 over the bytes.
  package static func rjenkins(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { rjenkins($0) }
  }

  package static func rjenkins(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var state = JenkinsMix(a: 0x9e37_79b9, b: 0x9e37_79b9, c: 0)
    var at = 0
    while bytes.count - at >= 12 {
      state.a &+= word(bytes, at)
      state.b &+= word(bytes, at + 4)
      state.c &+= word(bytes, at + 8)
      state.mix()
      at += 12
    }
    // The tail's third word leaves its low byte to the length.
    state.c &+= UInt32(truncatingIfNeeded: bytes.count)
    for index in at..<bytes.count {
      let byte = UInt32(bytes[index])
      switch index - at {
      case 0..<4: state.a &+= byte << (8 * UInt32(index - at))
      case 4..<8: state.b &+= byte << (8 * UInt32(index - at - 4))
      default: state.c &+= byte << (8 * UInt32(index - at - 7))
      }
    }
    state.mix()
    return state.c
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
  }

  /// `hash` modulo `count`, such that growing `count` moves an object only into a new PG.
  /// `mask` is the smallest 2^n - 1 that is at least `count - 1`.
  package static func stableModulo(_ hash: UInt32, count: UInt32, mask: UInt32) -> UInt32 {
    hash & mask < count ? hash & mask : hash & (mask >> 1)
  }

  /// The mask that belongs to `count` PGs.
  package static func mask(for count: UInt32) -> UInt32 {
    count <= 1 ? 0 : UInt32.max >> UInt32((count - 1).leadingZeroBitCount)
  }

  /// The bits in reverse order: sorting by this makes the objects of a PG neighbours.
  @inline(__always)
  package static func reverseBits(_ hash: UInt32) -> UInt32 {
    var value = hash.byteSwapped
    value = (value >> 4) & 0x0f0f_0f0f | (value & 0x0f0f_0f0f) << 4
    value = (value >> 2) & 0x3333_3333 | (value & 0x3333_3333) << 2
    return (value >> 1) & 0x5555_5555 | (value & 0x5555_5555) << 1
  }
}

/// The state of Bob Jenkins' mixing, which Ceph's string hash and CRUSH share.
package struct JenkinsMix {
  package var a: UInt32
  package var b: UInt32
  package var c: UInt32

  @inline(__always)
  package init(a: UInt32, b: UInt32, c: UInt32) {
    self.a = a
    self.b = b
    self.c = c
  }

  @inline(__always)
  package mutating func mix() {
    a = (a &- b &- c) ^ (c >> 13)
    b = (b &- c &- a) ^ (a << 8)
    c = (c &- a &- b) ^ (b >> 13)
    a = (a &- b &- c) ^ (c >> 12)
    b = (b &- c &- a) ^ (a << 16)
    c = (c &- a &- b) ^ (b >> 5)
    a = (a &- b &- c) ^ (c >> 3)
    b = (b &- c &- a) ^ (a << 10)
    c = (c &- a &- b) ^ (b >> 15)
  }
}
