import RadosTypes

/// What a copy of a PG lacks, also in the order of the versions that it needs.
///
/// `changed` is what differs from the store. Ceph: `pg_missing_set`, `pg_missing_tracker_t`.
package struct MissingSet: Sendable {
  package private(set) var items: [HObject: MissingItem] = [:]
  package var mayIncludeDeletes = true
  package private(set) var changed: Set<HObject> = []
  /// Needed versions, ascending, and whose they are: a version is in the log once.
  private var versions: [UInt64] = []
  private var objects: [UInt64: HObject] = [:]

  package init() {}

  package init(_ record: Missing) {
    items = record.items
    mayIncludeDeletes = record.mayIncludeDeletes
    versions = items.values.map(\.need.version).sorted()
    for (object, item) in items { objects[item.need.version] = object }
  }

  package var record: Missing { Missing(items: items, mayIncludeDeletes: mayIncludeDeletes) }

  package var count: Int { items.count }
  package var isEmpty: Bool { items.isEmpty }
  package subscript(object: HObject) -> MissingItem? { items[object] }
  package func contains(_ object: HObject) -> Bool { items[object] != nil }

  /// Whether the object is missing in this version, or one before it.
  package func contains(_ object: HObject, at version: EVersion) -> Bool {
    items[object].map { $0.need <= version } ?? false
  }

  /// 0'0 when nothing is missing.
  package var oldestNeed: EVersion {
    versions.first.flatMap { objects[$0] }.flatMap { items[$0]?.need } ?? .zero
  }

  /// Objects by the version they need, ascending, from the first above `version`.
  package func objects(above version: UInt64) -> some Sequence<HObject> {
    versions[lowerBound(version &+ 1)...].lazy.compactMap { self.objects[$0] }
  }

  private func lowerBound(_ version: UInt64) -> Int {
    if let last = versions.last, last < version { return versions.count }
    var low = 0
    var high = versions.count
    while low < high {
      let middle = (low + high) / 2
      if versions[middle] < version { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension MissingSet {
  package mutating func set(_ object: HObject, _ item: MissingItem) {
    if let old = items[object] { forget(old.need.version, of: object) }
    items[object] = item
    let version = item.need.version
    if objects.updateValue(object, forKey: version) == nil {
      versions.insert(version, at: lowerBound(version))
    }
    changed.insert(object)
  }

  package mutating func remove(_ object: HObject) {
    guard let item = items.removeValue(forKey: object) else { return }
    forget(item.need.version, of: object)
    changed.insert(object)
  }

  private mutating func forget(_ version: UInt64, of object: HObject) {
    guard objects[version] == object else { return }
    objects[version] = nil
    versions.remove(at: lowerBound(version))
  }

  package mutating func removeAll() {
    changed.formUnion(items.keys)
    items = [:]
    versions = []
    objects = [:]
  }

  /// What has changed is in the store, or on its way.
  package mutating func didPersist() { changed = [] }

  /// Everything is to be written.
  package mutating func markAllChanged() { changed.formUnion(items.keys) }
}

extension MissingSet {
  /// Takes in the next entry of a log whose changes this copy does not have; in the log's order.
  package mutating func addNext(_ entry: PGLogEntry) {
    var item = MissingItem(need: entry.version, isDelete: entry.isDelete)
    if entry.priorVersion == .zero || entry.operation == .clone {
      item.cleanRegions = .fullyDirty
    } else if let old = items[entry.object] {
      item.have = old.have
      item.cleanRegions = old.cleanRegions
      item.cleanRegions.add(entry)
    } else {
      item.have = entry.priorVersion
      item.cleanRegions = entry.operation == .lostRevert ? .fullyDirty : entry.cleanRegions
    }
    set(entry.object, item)
  }

  /// Needs another version than was thought; of what it has nothing is known to be right.
  package mutating func reviseNeed(_ object: HObject, _ need: EVersion, isDelete: Bool) {
    var item = items[object] ?? MissingItem(need: need)
    item.need = need
    item.isDelete = isDelete
    item.cleanRegions = .fullyDirty
    set(object, item)
  }

  package mutating func reviseHave(_ object: HObject, _ have: EVersion) {
    guard items[object] != nil else { return }
    items[object]?.have = have
    changed.insert(object)
  }

  package mutating func markFullyDirty(_ object: HObject) {
    guard items[object] != nil else { return }
    items[object]?.cleanRegions = .fullyDirty
    changed.insert(object)
  }

  /// An object that needs this version, or one before it, is not missing any more.
  package mutating func remove(_ object: HObject, upTo version: EVersion) {
    if let item = items[object], item.need <= version { remove(object) }
  }

  /// The object has been recovered in this version.
  package mutating func got(_ object: HObject, _ version: EVersion) {
    guard let item = items[object] else {
      preconditionFailure("\(object) was recovered at \(version), but it was not missing")
    }
    precondition(
      item.need <= version || item.isDelete,
      "\(object) was recovered at \(version), but \(item.need) is needed")
    remove(object)
  }

  /// Narrows what is clean of an object by an entry that its holder has only in its log.
  package mutating func merge(_ entry: PGLogEntry) {
    guard let item = items[entry.object], item.have != .zero, entry.version > item.have else {
      return
    }
    items[entry.object]?.cleanRegions.merge(entry.cleanRegions)
  }

  /// Gives the objects whose hash ends in the child's seed to it.
  package mutating func split(child: PGID, bits: UInt32) -> MissingSet {
    var other = MissingSet()
    other.mayIncludeDeletes = mayIncludeDeletes
    for (object, item) in items where child.contains(hash: object.hash, bits: bits) {
      other.set(object, item)
      remove(object)
    }
    return other
  }
}

extension ObjectCleanRegions {
  fileprivate mutating func add(_ entry: PGLogEntry) {
    if entry.operation == .lostRevert { markFullyDirty() } else { merge(entry.cleanRegions) }
  }
}
