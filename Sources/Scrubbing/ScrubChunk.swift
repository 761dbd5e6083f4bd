import ObjectStores
import RadosTypes

/// Where the next chunk ends: after some objects, never between a head and its newest clone, since
/// clones are made there.
///
/// Ceph: `PgScrubber::select_range`, `PGBackend::objects_list_partial`.
package enum ScrubChunk {
  /// `.max` when no object is left after the chunk.
  package static func end(
    from start: HObject, in collection: StoreCollection, of store: any ObjectStore, divisor: Int,
    _ settings: ScrubSettings
  ) async throws(StoreError) -> HObject {
    let least = max(3, settings.chunkMin / divisor)
    let most = max(least, settings.chunkMax / divisor)
    var objects: [HObject] = []
    var next =
      start.isMin ? GHObject.min : GHObject(start, generation: 0, shard: collection.scrubShard)
    while objects.count < least, !next.isMax {
      let page = try await store.list(
        collection, from: next, to: .max, max: most - objects.count)
      objects += page.objects.lazy.filter(\.isScrubbed).map(\.object)
      next = page.next
    }
    return boundary(after: objects, next: next.isMax ? .max : next.object)
  }

  /// The chunk's end when `next` is the first object after `objects`.
  static func boundary(after objects: [HObject], next: HObject) -> HObject {
    var objects = objects
    var end = next
    while let last = objects.last, !end.isMax, end.isHead, end == last.head {
      end = last
      objects.removeLast()
    }
    return !end.isMax && end.isHead ? end.with(snap: .zero) : end
  }
}
