import ClusterMaps
import RadosTypes

/// Where the objects can be had that somebody among those who act lacks.
///
/// Ceph: `MissingLoc`.
package struct MissingLocation: Sendable {
  /// What is missing, anywhere among them, and in which version.
  package private(set) var needsRecovery: [HObject: MissingItem] = [:]
  package private(set) var locations: [HObject: Set<PGShard>] = [:]
  private var sources: Set<PGShard> = []

  package init() {}

  package func isUnfound(_ object: HObject, _ predicates: PGPredicates) -> Bool {
    guard let item = needsRecovery[object], !item.isDelete else { return false }
    return !predicates.isRecoverable(locations[object] ?? [])
  }

  package func unfoundCount(_ predicates: PGPredicates) -> Int {
    needsRecovery.keys.count { isUnfound($0, predicates) }
  }

  package func hasUnfound(_ predicates: PGPredicates) -> Bool {
    needsRecovery.keys.contains { isUnfound($0, predicates) }
  }

  /// Whether the acting ones can answer reads of the object.
  package func isReadable(
    _ object: HObject, acting: Set<PGShard>, at reader: PGShard, _ predicates: PGPredicates
  ) -> Bool {
    guard let item = needsRecovery[object] else { return true }
    guard !item.isDelete, let places = locations[object] else { return false }
    return predicates.isReadable(places.intersection(acting), reader)
  }

  package mutating func removeAll() { self = MissingLocation() }
}

extension MissingLocation {
  package mutating func add(_ object: HObject, at place: PGShard) {
    locations[object, default: []].insert(place)
  }

  package mutating func remove(_ object: HObject, at place: PGShard) {
    locations[object]?.remove(place)
    if locations[object]?.isEmpty == true { locations[object] = nil }
  }

  /// What one of those who act lacks; all of them must need the same.
  package mutating func addActive(_ missing: MissingSet) {
    for (object, item) in missing.items {
      if let known = needsRecovery[object] {
        precondition(
          known.need == item.need, "\(object) is needed at \(known.need) and at \(item.need)")
      } else {
        needsRecovery[object] = item
      }
    }
  }

  package mutating func addMissing(
    _ object: HObject, need: EVersion, have: EVersion, isDelete: Bool = false
  ) {
    needsRecovery[object] = MissingItem(need: need, have: have, isDelete: isDelete)
  }

  package mutating func reviseNeed(_ object: HObject, _ need: EVersion) {
    precondition(needsRecovery[object] != nil, "\(object) needs no recovery")
    needsRecovery[object]?.need = need
  }

  /// These have everything.
  package mutating func addSources(_ shards: Set<PGShard>) {
    for (object, item) in needsRecovery where !item.isDelete {
      locations[object, default: []].formUnion(shards)
      sources.formUnion(shards)
    }
  }

  /// A holder has what is up to its last update, in what has been backfilled, and not missing.
  ///
  /// Returns whether that helps.
  @discardableResult
  package mutating func addSource(
    _ source: PGShard, _ info: PGInfo, _ missing: MissingSet
  ) -> Bool {
    var found = false
    for (object, item) in needsRecovery where !item.isDelete {
      guard info.lastUpdate >= item.need, object < info.lastBackfill,
        !missing.contains(object)
      else { continue }
      locations[object, default: []].insert(source)
      sources.insert(source)
      found = true
    }
    return found
  }

  /// Forgets those that the map has not up.
  package mutating func checkSources(_ map: OSDMap) {
    for source in sources where !map.isUp(source.osd) { removeSource(source) }
  }

  package mutating func removeSource(_ source: PGShard) {
    sources.remove(source)
    for object in locations.keys { remove(object, at: source) }
  }

  /// Nobody among those who act lacks it any more.
  package mutating func recovered(_ object: HObject) {
    needsRecovery[object] = nil
    locations[object] = nil
  }
}
