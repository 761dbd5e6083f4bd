import Buffers
import Wire

/// An object as a store names it: with its generation (erasure code keeps old ones) and its shard.
///
/// Ceph: `ghobject_t`. Ordered by shard, then object, then generation.
/// Layout: framed 6/3, the fields of `hobject_t` without a frame of their own, `generation: u64,
/// shard: s8, isMax: u8`.
package struct GHObject: Hashable, Sendable {
  package var object: HObject
  package var generation: UInt64
  package var shard: Int8
  package var isMax: Bool

  package static let noGeneration: UInt64 = .max

  package init(
    _ object: HObject, generation: UInt64 = noGeneration, shard: Int8 = ShardPGID.noShard
  ) {
    self.object = object
    self.generation = generation
    self.shard = shard
    isMax = false
  }

  package static let min = GHObject(.min)
  package static let max = {
    var object = GHObject(.max)
    object.isMax = true
    return object
  }()

  /// The object that keeps a PG's log and information: no name, the PG's seed as hash.
  package static func pgMeta(_ pg: ShardPGID) -> GHObject {
    GHObject(
      HObject(pool: pg.pool, hash: pg.pgID.seed, name: ByteString()), shard: pg.shard)
  }

  /// An object of the store's own collection, such as a map or the superblock.
  package static func meta(_ name: ByteString) -> GHObject {
    GHObject(
      HObject(
        pool: HObject.metaPool, hash: ObjectHash.rjenkins(name.bytes), name: name, snap: .zero))
  }

  package var isPGMeta: Bool { object.pool >= 0 && object.name.isEmpty }
}

extension GHObject: Comparable, CustomStringConvertible {
  package static func < (left: GHObject, right: GHObject) -> Bool {
    if left.isMax != right.isMax { return right.isMax }
    if left.shard != right.shard { return left.shard < right.shard }
    if left.object != right.object { return left.object < right.object }
    return left.generation < right.generation
  }

  package var description: String {
    if isMax { return "GHMAX" }
    if self == .min { return "GHMIN" }
    let shardText = shard == ShardPGID.noShard ? "" : String(UInt8(bitPattern: shard), radix: 16)
    let generationText = generation == Self.noGeneration ? "" : String(generation, radix: 16)
    return "\(shardText)#\(object)#\(generationText)"
  }

  package init?(_ text: some StringProtocol) {
    if text == "GHMIN" || text == "GHMAX" {
      self = text == "GHMIN" ? .min : .max
      return
    }
    let parts = text.split(separator: "#", omittingEmptySubsequences: false)
    guard parts.count == 3, let object = HObject(parts[1]) else { return nil }
    self.init(object)
    if !parts[0].isEmpty {
      guard let number = UInt8(parts[0], radix: 16) else { return nil }
      shard = Int8(bitPattern: number)
    }
    if !parts[2].isEmpty {
      guard let number = UInt64(parts[2], radix: 16) else { return nil }
      generation = number
    }
  }
}

extension GHObject: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ghobject_t", understands: 6) {
      (reader, version) throws(DecodeError) in
      guard version >= 3 else { throw .tooOld("ghobject_t", version: version) }
      var value = GHObject(try HObject(fields: &reader, version: version))
      if version >= 5 {
        value.generation = try reader.read()
        value.shard = try reader.read()
      }
      if version >= 6 { value.isMax = try reader.readBool() }
      return value
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 6, compat: 3) { writer in
      object.encodeFields(into: &writer)
      writer.write(generation)
      writer.write(shard)
      writer.write(isMax)
    }
  }
}
