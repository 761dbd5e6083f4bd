import Buffers
import ObjectStores
import OpExecution
import RadosTypes
import Wire

/// Finds out what one copy of a PG has of the objects from one to before another, a small step at a
/// time, so that other work can go between.
///
/// Shallow: sizes and attributes. Deep: checksums of data and omap too. Ceph:
/// `PgScrubber::build_scrub_map_chunk`, `PGBackend::be_scan_list`, `ReplicatedBackend::be_deep_scrub`.
package struct ScrubMapBuilder {
  package private(set) var map = ScrubMap()
  /// Objects whose information named another one. It is to be written back as the map has it.
  package private(set) var corrected: [(object: GHObject, info: ByteSlice, named: HObject)] = []
  package private(set) var isDone = false
  let store: any ObjectStore
  let collection: StoreCollection
  let settings: ScrubScanSettings
  private let range: (from: GHObject, to: GHObject)
  private let isDeep: Bool
  /// Not looked at yet, the next one last; nil before the listing.
  private var pending: [GHObject]?
  private var digest: ObjectDigest?

  package init(
    _ collection: StoreCollection, of store: any ObjectStore, from: HObject, to: HObject,
    isDeep: Bool, validThrough: EVersion, _ settings: ScrubScanSettings
  ) {
    self.store = store
    self.collection = collection
    self.isDeep = isDeep
    self.settings = settings
    let shard = collection.scrubShard
    range = (
      from.isMin ? .min : GHObject(from, generation: 0, shard: shard),
      to.isMax ? .max : GHObject(to, generation: 0, shard: shard)
    )
    map.validThrough = validThrough
  }

  /// Bytes that the next step reads at most.
  package var stepCost: Int { digest == nil ? 4096 : Int(clamping: settings.stride) }

  package mutating func step() async throws(StoreError) {
    guard let object = pending?.last else { return try await list() }
    if digest != nil { return await readOn(object) }
    await look(at: object)
  }

  private mutating func list() async throws(StoreError) {
    guard pending == nil else { return isDone = true }
    var found: [GHObject] = []
    var next = range.from
    repeat {
      let page = try await store.list(collection, from: next, to: range.to, max: 256)
      found += page.objects.lazy.filter(\.isScrubbed)
      next = page.next
    } while next < range.to && !next.isMax
    pending = found.reversed()
    isDone = found.isEmpty
  }

  private mutating func advance() {
    digest = nil
    pending?.removeLast()
    isDone = pending?.isEmpty == true
  }

  /// Size and attributes.
  private mutating func look(at object: GHObject) async {
    var found = ScrubMap.Object()
    do throws(StoreError) {
      // Removed since it was listed.
      guard let stat = try await store.stat(object, in: collection) else { return advance() }
      found.size = stat.size
      for value in try await store.attributes(of: object, in: collection) {
        found.attributes[value.name] = value.value
      }
    } catch {
      if error.isAbsent { return advance() }
      found.statError = true
    }
    correctName(&found, object)
    map.objects[object.object] = found
    guard isDeep, !found.statError else { return advance() }
    digest = ObjectDigest()
  }

  /// Ceph: `PG::_repair_oinfo_oid`.
  private mutating func correctName(_ found: inout ScrubMap.Object, _ object: GHObject) {
    guard let bytes = found.attributes[ObjectState.infoAttribute],
      var info = try? ObjectInfo(wire: bytes), info.object != object.object
    else { return }
    let named = info.object
    info.object = object.object
    found.attributes[ObjectState.infoAttribute] = info.wire
    corrected.append((object, info.wire, named))
  }

  private mutating func readOn(_ object: GHObject) async {
    guard var digest, var found = map.objects[object.object] else { return advance() }
    do throws(StoreError) {
      try await digest.read(object, in: collection, of: store, settings)
    } catch {
      found.readError = true
    }
    self.digest = digest
    if digest.isDone || found.readError {
      digest.tell(&found, settings)
      map.objects[object.object] = found
      advance()
    }
  }
}

extension StoreCollection {
  var scrubShard: Int8 { id.pgID?.shard ?? ShardPGID.noShard }
}

extension GHObject {
  /// Neither the PG's own, nor unfinished, nor an old generation.
  package var isScrubbed: Bool {
    !isPGMeta && !object.isTemporary && generation == Self.noGeneration
  }
}
