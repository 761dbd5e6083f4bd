import Buffers
import OpExecution
import RadosTypes
import Wire

/// The maps of all copies of some objects, compared: what is wrong with which copy, and which one is
/// right.
///
/// Of a replicated pool. Words of the lines are stock's, for operators and for tests that look for
/// them. Ceph: `PGBackend::be_compare_scrubmaps`.
package struct ScrubComparison {
  package struct Context: Sendable {
    package var pgID: ShardPGID
    package var whoami: PGShard
    package var isRepair: Bool
    package var now: UTime
    package var settings: ScrubSettings

    package init(
      pgID: ShardPGID, whoami: PGShard, isRepair: Bool, now: UTime, settings: ScrubSettings
    ) {
      self.pgID = pgID
      self.whoami = whoami
      self.isRepair = isRepair
      self.now = now
      self.settings = settings
    }
  }

  /// What an object's information is to say of it from now on; nil: nothing.
  package struct Digests: Hashable, Sendable {
    package var data: UInt32?
    package var omap: UInt32?
  }

  let context: Context
  let maps: [PGShard: ScrubMap]
  /// In which copies are looked at: this OSD's own first.
  let order: [PGShard]
  package internal(set) var missing: [HObject: Set<PGShard>] = [:]
  package internal(set) var inconsistent: [HObject: Set<PGShard>] = [:]
  /// Of objects that are missing or inconsistent somewhere: those that are good, the best one last.
  package internal(set) var authoritative: [HObject: [PGShard]] = [:]
  package internal(set) var digestUpdates: [HObject: Digests] = [:]
  package internal(set) var shallowErrors = 0
  package internal(set) var deepErrors = 0
  package internal(set) var objectErrors: [InconsistentObject] = []
  /// For the cluster's log, as errors.
  package internal(set) var lines: [String] = []

  package init(_ maps: [PGShard: ScrubMap], _ context: Context) {
    self.maps = maps
    self.context = context
    order = [context.whoami] + maps.keys.filter { $0 != context.whoami }.sorted()
    let objects = maps.values.reduce(into: Set<HObject>()) { $0.formUnion($1.objects.keys) }
    for object in objects.sorted() { compare(object) }
  }

  /// One object while it is compared.
  struct Case {
    let object: HObject
    var error: InconsistentObject
    var shards: [PGShard: InconsistentShard] = [:]
    /// All digests of data that are there are alike.
    var digestsMatch = true
    var good: [PGShard] = []
    /// They differ, but it is not known which is at fault.
    var suspect: Set<PGShard> = []
    var missing: Set<PGShard> = []
    var inconsistent: Set<PGShard> = []
    var fixesDigest = false

    init(_ object: HObject) {
      self.object = object
      error = InconsistentObject(object)
    }
  }

  private mutating func compare(_ object: HObject) {
    var item = Case(object)
    guard let choice = chooseAuthority(&item) else { return noAuthority(item) }
    item.error.version = choice.info.userVersion
    item.shards[choice.shard]?.isSelected = true
    for place in maps.keys.sorted() { compare(place, &item, choice) }
    if settle(&item, choice) { note(item, choice) }
    conclude(item.error)
  }

  private mutating func conclude(_ error: InconsistentObject) {
    if !error.errors.isDisjoint(with: .deep) {
      deepErrors += 1
    } else if !error.errors.isDisjoint(with: .shallow) {
      shallowErrors += 1
    }
    if !error.isClean { objectErrors.append(error) }
  }

  /// Ceph: `inconsistent_obj_wrapper::set_auth_missing`.
  private mutating func noAuthority(_ item: Case) {
    var error = item.error
    for place in maps.keys.sorted() {
      var shard = item.shards[place] ?? InconsistentShard()
      shard.isPrimary = place == context.whoami
      if let found = maps[place]?.objects[item.object] {
        shard.take(found)
      } else {
        shard.errors.insert(.missing)
      }
      count(shard, shallowIfUnknown: false)
      error.add(shard, at: place)
    }
    if !error.errors.isDisjoint(with: .deep) { deepErrors += 1 }
    objectErrors.append(error)
    lines.append("\(context.pgID.pgID) soid \(item.object) : failed to pick suitable object info")
  }

  private mutating func count(_ shard: InconsistentShard, shallowIfUnknown: Bool) {
    if !shard.errors.isDisjoint(with: .deep) {
      deepErrors += 1
    } else if shallowIfUnknown || !shard.errors.isDisjoint(with: .shallow) {
      shallowErrors += 1
    }
  }

  /// One copy with the one that was chosen.
  private mutating func compare(_ place: PGShard, _ item: inout Case, _ choice: Authority) {
    let object = item.object
    var shard = item.shards[place] ?? InconsistentShard()
    defer { item.error.add(shard, at: place) }
    guard let found = maps[place]?.objects[object] else {
      item.missing.insert(place)
      shard.errors.insert(.missing)
      shard.isPrimary = place == context.whoami
      shallowErrors += 1
      lines.append("\(context.pgID) shard \(place) \(object) : missing")
      return
    }
    shard.take(found)
    let differences = self.differences(of: found, from: choice, &shard, &item)
    if repairsDigest(place, shard, item, choice) {
      item.fixesDigest = true
      shard.errors.remove(.dataDigestMismatchInfo)
      lines.append("\(context.pgID) soid \(object) : repairing object info data_digest")
    }
    let text = differences.joined(separator: ", ")
    if !shard.errors.isEmpty {
      item.inconsistent.insert(place)
      count(shard, shallowIfUnknown: true)
      if !text.isEmpty {
        lines.append("\(context.pgID) shard \(place) soid \(object) : \(text)")
      }
    } else if !text.isEmpty {
      item.suspect.insert(place)
      lines.append("\(context.pgID) soid \(object) : \(text)")
    } else {
      item.good.append(place)
    }
  }

  /// All copies are alike and only the information says otherwise: it is what is wrong.
  private func repairsDigest(
    _ place: PGShard, _ shard: InconsistentShard, _ item: Case, _ choice: Authority
  ) -> Bool {
    context.isRepair && place == choice.shard && item.shards.count > 1 && item.digestsMatch
      && shard.errors == .dataDigestMismatchInfo && choice.found.digest != nil
  }

  /// False if no copy can be said to be right.
  private mutating func settle(_ item: inout Case, _ choice: Authority) -> Bool {
    if item.good.isEmpty {
      guard let first = item.suspect.min() else {
        lines.append(
          "\(context.pgID.pgID) soid \(item.object) : failed to pick suitable auth object")
        return false
      }
      let best = item.suspect.contains(choice.shard) ? choice.shard : first
      item.good = [best]
      item.suspect.remove(best)
    }
    item.inconsistent.formUnion(item.suspect)
    return true
  }

  private mutating func note(_ item: Case, _ choice: Authority) {
    let object = item.object
    if !item.missing.isEmpty { missing[object] = item.missing }
    if !item.inconsistent.isEmpty { inconsistent[object] = item.inconsistent }
    let digests = Digests(data: choice.found.digest, omap: choice.found.omapDigest)
    if item.fixesDigest { digestUpdates[object] = digests }
    if !item.inconsistent.isEmpty || !item.missing.isEmpty {
      authoritative[object] = item.good
    } else if !item.fixesDigest, wantsDigests(choice, digests) {
      digestUpdates[object] = digests
    }
  }

  /// Whether the information does not say yet what the object amounts to; not while it is young, since
  /// the next write would take it away again.
  private mutating func wantsDigests(_ choice: Authority, _ digests: Digests) -> Bool {
    let info = choice.info
    var isWanted = false
    var isForced = false
    func judge(_ digest: UInt32?, _ flag: ObjectInfo.Flags, _ recorded: UInt32) -> Bool {
      guard let digest else { return false }
      if !info.flags.contains(flag) { isWanted = true }
      return info.flags.contains(flag) && digest != recorded
    }
    for (name, digest, flag, recorded) in [
      ("data", digests.data, ObjectInfo.Flags.dataDigest, info.dataDigest),
      ("omap", digests.omap, .omapDigest, info.omapDigest),
    ] where judge(digest, flag, recorded) {
      lines.append(
        "\(context.pgID) recorded \(name) digest 0x\(String(recorded, radix: 16)) != on disk "
          + "0x\(String(digest ?? 0, radix: 16)) on \(info.object)")
      isForced = isForced || context.isRepair
    }
    let age = context.now.inSeconds - info.localMTime.inSeconds
    return isForced || isWanted && age > context.settings.digestAgeMin
  }
}
