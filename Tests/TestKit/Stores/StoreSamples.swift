import Base
import Buffers
import ObjectStores
import RadosTypes

/// Names and bytes for store tests.
package enum StoreSamples {
  package static let pool: Int64 = 1
  package static let pg = ShardPGID(PGID(pool: pool, seed: 0))
  package static let collection = CollectionID.pg(pg)

  package static func pg(_ seed: UInt32) -> CollectionID {
    .pg(ShardPGID(PGID(pool: pool, seed: seed)))
  }

  /// An object of the pool, hashed by its name unless told where.
  package static func object(
    _ name: ByteString, hash: UInt32? = nil, key: ByteString = ByteString(),
    namespace: ByteString = ByteString(), snap: SnapID = .head
  ) -> GHObject {
    GHObject(
      HObject(
        pool: pool, hash: hash ?? ObjectHash.rjenkins(name.bytes), name: name, key: key,
        namespace: namespace, snap: snap))
  }

  /// The same object at another snapshot: what clones are made to.
  package static func clone(of object: GHObject, snap: UInt64) -> GHObject {
    var copy = object
    copy.object.snap = SnapID(snap)
    return copy
  }

  /// Bytes that differ from place to place and from seed to seed, none of them 0.
  package static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() % 255) + 1 }
  }

  package static func list(_ bytes: [UInt8]) -> BufferList { BufferList(bytes) }
}

extension NamedValue {
  package init(_ name: ByteString, _ text: String) {
    self.init(name, ByteString(text).slice)
  }
}
