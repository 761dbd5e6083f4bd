import Buffers
import Glibc
import ObjectStores
import RadosTypes

/// Collections: a place among the hashes. Splitting and merging move no object, since an object's key
/// names its partition, but not its collection: both must be in one partition.
extension Partition {
  func applyToCollection(
    _ action: Transaction.Action, _ id: CollectionID, _ transaction: Transaction,
    _ context: TransContext
  ) throws(StoreError) {
    switch action {
    case .createCollection(let bits):
      let collection = try find(id)
      guard !collection.exists else { throw StoreError(EEXIST, "queue", "collection \(id)") }
      collection.exists = true
      collection.bits = bits
      store(collection, context)
    case .removeCollection:
      let collection = try existing(id)
      collection.exists = false
      context.delete(StoreKey.collection(index, id))
    case .collectionHint: break
    case .setCollectionBits(let bits):
      let collection = try existing(id)
      collection.bits = bits
      store(collection, context)
    case .splitCollection(let into, let bits, _):
      let parent = try existing(id)
      let child = try existing(transaction.collections[Int(into)])
      guard child.bits == bits else {
        throw StoreError(EINVAL, "queue", "split of \(id) into \(child.id) of \(child.bits) bits")
      }
      parent.bits = bits
      store(parent, context)
    case .mergeCollection(let into, let bits):
      let source = try existing(id)
      let target = try existing(transaction.collections[Int(into)])
      source.exists = false
      context.delete(StoreKey.collection(index, id))
      target.bits = bits
      store(target, context)
    default: preconditionFailure("not an operation on a collection: \(action)")
    }
  }

  private func find(_ id: CollectionID) throws(StoreError) -> StoreCollection {
    guard let collection = collections[id] else {
      throw StoreError(EINVAL, "queue", "collection \(id) has no handle in partition \(index)")
    }
    return collection
  }

  private func existing(_ id: CollectionID) throws(StoreError) -> StoreCollection {
    let collection = try find(id)
    guard collection.exists else { throw StoreError(ENOENT, "queue", "collection \(id)") }
    return collection
  }

  /// Value of a `C` key: u32 bits.
  private func store(_ collection: StoreCollection, _ context: TransContext) {
    encoder.clear()
    encoder.put(collection.bits)
    context.put(StoreKey.collection(index, collection.id), encoder.array)
  }

  /// Where the collection's objects are among all objects, in order: temporary ones first.
  func keyRanges(_ collection: StoreCollection) -> [(from: ByteString, to: ByteString)] {
    let kind = StoreKey.kind(collection.id)
    guard let pg = collection.id.pgID else {
      let all = StoreKey.objects(keyedAs, kind: kind)
      return [(all, all.afterPrefix!)]
    }
    let bits = min(collection.bits, 32)
    let mask = bits == 32 ? UInt32.max : (1 << bits) - 1
    let first = ObjectHash.reverseBits(pg.pgID.seed & mask)
    let width = UInt64(1) << UInt64(32 - bits)
    return [HObject.temporaryPool(pg.pool), pg.pool].map { pool in
      func place(_ hash: UInt32) -> ByteString {
        StoreKey.objectPlace(
          keyedAs, kind: kind, shard: pg.shard, pool: pool, reversedHash: hash)
      }
      let from = place(first)
      let end = UInt64(first) + width
      if end <= UInt64(UInt32.max) { return (from, place(UInt32(end))) }
      return (
        from, ByteString(Array(from.bytes.prefix(StoreKey.objectPoolBytes))).afterPrefix!
      )
    }
  }
}
