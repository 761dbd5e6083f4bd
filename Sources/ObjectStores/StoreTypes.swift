import Base
import Buffers
import Glibc

/// An attribute or an omap entry.
package struct NamedValue: Hashable, Sendable {
  package var name: ByteString
  package var value: ByteSlice

  package init(_ name: ByteString, _ value: ByteSlice) {
    self.name = name
    self.value = value
  }
}

/// What a store knows about an object without reading it.
package struct ObjectStat: Hashable, Sendable {
  /// One past the last byte.
  package var size: UInt64
  /// Bytes of the device that its data takes; shared ones count for each sharer.
  package var allocated: UInt64

  package init(size: UInt64, allocated: UInt64 = 0) {
    self.size = size
    self.allocated = allocated
  }
}

/// A run of an object's data that is not a hole.
package struct DataExtent: Hashable, Sendable {
  package var offset: UInt64
  package var length: UInt64

  package init(offset: UInt64, length: UInt64) {
    self.offset = offset
    self.length = length
  }
}

/// Where a walk through omap begins.
package enum OmapStart: Hashable, Sendable {
  case from(ByteString)
  case after(ByteString)

  package static let first = OmapStart.from(ByteString())

  package var key: ByteString {
    switch self {
    case .from(let key), .after(let key): key
    }
  }

  package func admits(_ key: ByteString) -> Bool {
    switch self {
    case .from(let start): start <= key
    case .after(let start): start < key
    }
  }
}

/// Some of an object's omap, in the order of the keys.
package struct OmapPage: Hashable, Sendable {
  package var entries: [NamedValue]
  /// Whether more entries that were asked for follow the last one here.
  package var hasMore: Bool

  package init(entries: [NamedValue] = [], hasMore: Bool = false) {
    self.entries = entries
    self.hasMore = hasMore
  }
}

extension Limits {
  /// No object reaches this size: offsets within one fit 32 bits. Ceph: `OBJECT_MAX_SIZE` of
  /// BlueStore.cc. A transaction that would pass it is a fatal E2BIG.
  package static let objectBytesMax: UInt64 = 0xffff_ffff
}

/// Space of a store, or of one pool in it; bytes. What `StoreStatfs` is made from.
package struct StoreUsage: Hashable, Sendable {
  /// The device; 0 for a pool.
  package var total: UInt64 = 0
  /// What can still be written; 0 for a pool.
  package var available: UInt64 = 0
  /// Taken by object data, in whole allocation units.
  package var allocated: UInt64 = 0
  /// Bytes of object data that users wrote, holes left out.
  package var stored: UInt64 = 0
  /// Taken by omap, roughly.
  package var omap: UInt64 = 0
  /// Taken by the store's own records: onodes, index, log.
  package var metadata: UInt64 = 0

  package init() {}
}

/// What a store keeps in memory, in bytes.
package struct StoreMemory: Hashable, Sendable {
  /// A cache: what is in it, how many things those are, and what it may take.
  package struct Cache: Hashable, Sendable {
    package var bytes: UInt64 = 0
    package var items: UInt64 = 0
    package var bytesMax: UInt64 = 0

    package init() {}
  }

  package var data = Cache()
  package var onodes = Cache()
  package var index = Cache()
  /// Buffers of the index for what it has not written to its files, and the like.
  package var indexBuffers: UInt64 = 0
  /// Changes that are to be brought to the index.
  package var pending: UInt64 = 0

  package init() {}
}

/// Free runs of a device, in order.
package struct FreeSpace: Sendable {
  package struct Run: Hashable, Sendable {
    package var offset: UInt64
    package var length: UInt64

    package init(offset: UInt64, length: UInt64) {
      self.offset = offset
      self.length = length
    }
  }

  package var capacity: UInt64
  package var unitBytes: UInt64
  package var runs: [Run]

  package init(capacity: UInt64, unitBytes: UInt64, runs: [Run]) {
    self.capacity = capacity
    self.unitBytes = unitBytes
    self.runs = runs
  }

  private var freeBytes: UInt64 { runs.reduce(0) { $0 + $1.length } }

  /// How many runs there are, of as many as there could be. Ceph: `Allocator::get_fragmentation`.
  package var fragmentation: Double {
    let units = freeBytes / max(unitBytes, 1)
    return units > 1 ? Double(runs.count - 1) / Double(units - 1) : 0
  }

  /// 0: all is in one run, 1: no two bytes are.
  ///
  /// A run of twice the length is worth 2.2 times as much; between powers of two, worth grows evenly.
  /// Ceph: `Allocator::get_fragmentation_score`.
  package var score: Double {
    let sum = freeBytes
    guard sum > 1 else { return 0 }
    let ideal = Self.worth(sum)
    let worth = runs.reduce(0) { $0 + Self.worth($1.length) }
    return (ideal - worth) / (ideal - Double(sum))
  }

  private static func worth(_ length: UInt64) -> Double {
    guard length > 0 else { return 0 }
    let grade = UInt64.bitWidth - 1 - length.leadingZeroBitCount
    let base = Double(UInt64(1) << UInt64(grade))
    let part = Double(length) / base - 1
    return base * pow(1.1, Double(grade)) * (1 - part + 2.2 * part)
  }
}
