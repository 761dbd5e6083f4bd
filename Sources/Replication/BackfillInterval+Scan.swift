import Base
import Buffers
import ObjectStores
import RadosTypes
import Wire

extension BackfillInterval {
  /// The objects from `begin` on, as the attributes of each say: at least `scanMin` if there are as
  /// many, at most `scanMax`.
  ///
  /// `version` is the log's head before the scan begins: what is written while it goes on may be seen
  /// or not, and is taken in by `update`. Ceph: `scan_range`, `objects_list_partial`.
  package static func scan(
    _ collection: StoreCollection, of store: any ObjectStore, from begin: HObject,
    version: EVersion, _ settings: RecoverySettings
  ) async throws(RecoveryError) -> BackfillInterval {
    var objects = SortedMap<HObject, EVersion>()
    var next = begin.isMin ? .min : GHObject(begin, generation: 0, shard: collection.shard)
    var listed = 0
    while !next.isMax && listed < min(settings.scanMin, settings.scanMax) {
      var page: [GHObject]
      do throws(StoreError) {
        (page, next) = try await store.list(
          collection, from: next, to: .max, max: settings.scanMax - listed)
      } catch {
        throw RecoveryError(begin, error)
      }
      for object in page where object.isUserObject {
        listed += 1
        objects[object.object] = try await objectVersion(of: object, in: collection, of: store)
      }
    }
    return BackfillInterval(begin: begin, end: next.object, objects: objects, version: version)
  }

  /// nil: it has been removed meanwhile.
  private static func objectVersion(
    of object: GHObject, in collection: StoreCollection, of store: any ObjectStore
  ) async throws(RecoveryError) -> EVersion? {
    let attribute: ByteSlice?
    do throws(StoreError) {
      attribute = try await store.attribute(
        ObjectInfo.attributeName, of: object, in: collection)
    } catch {
      if error.isAbsent { return nil }
      throw RecoveryError(object.object, error)
    }
    do throws(DecodeError) {
      return try ObjectInfo(wire: attribute ?? .empty).version
    } catch {
      throw .damaged(object.object, "its information: \(error)")
    }
  }
}

extension StoreCollection {
  fileprivate var shard: Int8 { id.pgID?.shard ?? ShardPGID.noShard }
}

extension GHObject {
  /// Neither the PG's own, nor unfinished, nor an old generation.
  fileprivate var isUserObject: Bool {
    !isPGMeta && !object.isTemporary && generation == Self.noGeneration
  }
}
