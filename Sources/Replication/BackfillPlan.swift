import Base
import Peering
import RadosTypes

/// What a backfill does next.
package enum BackfillStep: Hashable, Sendable {
  /// Scan one's own copy from here on; `scanned` takes the result.
  case scanLocal(from: HObject)
  /// Ask these for what they have from there on; `scanned(_:by:)` takes each answer.
  case scanPeers([PGShard: HObject])
  /// The object is not here, but there in these versions. `advance` gives the messages, which must go
  /// before the object can be written again: in the same turn.
  case remove(HObject, from: [PGShard: EVersion])
  /// The object goes to those who have another version or none (0'0); it must not be written until it
  /// has arrived. Without targets, everybody has it.
  case push(ObjectVersion, to: [PGShard: EVersion])
  /// Scans are under way.
  case wait
  /// All objects have been gone through.
  case end
}

/// The way of a backfill through a PG's objects, in their order: one's own copy and those of the targets
/// side by side.
///
/// - What lies before `min(local.begin, peers' begin)` has been gone through.
/// - Writes of objects up to `lastBackfillStarted` go to the targets like to others; of those beyond,
///   only the log entry. So whatever is written beyond is still found: in the log, or by a scan.
/// - What lies up to a peer's `lastBackfill` is complete there, but for what it is known to miss.
///
/// No I/O: `next` says what to do, `take` notes that it is done or under way. Nothing may be written
/// between the two. Confined to the PG's thread. Ceph: `PrimaryLogPG::recover_backfill`.
package struct BackfillPlan {
  package let targets: [PGShard]
  package internal(set) var lastBackfillStarted: HObject
  package internal(set) var lastBackfill: [PGShard: HObject]
  package internal(set) var local: BackfillInterval
  package internal(set) var peers: [PGShard: BackfillInterval]
  /// Objects on their way.
  package internal(set) var inFlight: Set<HObject> = []
  var awaited: Set<PGShard> = []
  var isScanning = false
  /// Objects gone through that the targets' `lastBackfill` have not passed, and what they count in
  /// statistics; nil: not known yet.
  var passed = SortedMap<HObject, ObjectStatSum?>()
  var removals: [PGShard: [ObjectVersion]] = [:]

  /// From where each target's last backfill ended.
  package init(_ lastBackfill: [PGShard: HObject]) {
    precondition(!lastBackfill.isEmpty, "a backfill of nobody")
    targets = lastBackfill.keys.sorted()
    self.lastBackfill = lastBackfill
    lastBackfillStarted = lastBackfill.values.min() ?? .max
    local = BackfillInterval(at: lastBackfillStarted)
    peers = lastBackfill.mapValues { BackfillInterval(at: $0) }
  }

  /// Where the targets' copies have been gone through to.
  var earliestPeer: HObject { peers.values.map(\.begin).min() ?? .max }

  private func peer(_ target: PGShard) -> BackfillInterval {
    guard let interval = peers[target] else { preconditionFailure("\(target) is not backfilled") }
    return interval
  }

  func last(_ target: PGShard) -> HObject { lastBackfill[target] ?? .max }

  /// Brings the local interval up to date, and drops what has been gone through.
  mutating func update(by log: PGLog) {
    if !local.update(from: lastBackfillStarted, by: log) {
      local = BackfillInterval(at: lastBackfillStarted, version: log.head)
    }
    local.trim(to: lastBackfillStarted)
    for target in targets {
      let done = max(last(target), lastBackfillStarted)
      peers[target]?.trim(to: done)
    }
  }
}

extension BackfillPlan {
  /// What is to be done now.
  package mutating func next(_ log: PGLog) -> BackfillStep {
    if isScanning || !awaited.isEmpty { return .wait }
    update(by: log)
    if local.begin <= earliestPeer && !local.extendsToEnd && local.isEmpty {
      return .scanLocal(from: local.end)
    }
    let used = targets.filter {
      peer($0).begin <= local.begin && !peer($0).extendsToEnd && peer($0).isEmpty
    }
    if !used.isEmpty { return .scanPeers(positions(used) { $0.end }) }
    let first = earliestPeer
    if first < local.begin {
      return .remove(first, from: versions(targets.filter { peer($0).begin == first }))
    }
    guard let object = local.first else { return .end }
    return .push(object, to: lacking(object))
  }

  private func positions(
    _ shards: [PGShard], _ position: (BackfillInterval) -> HObject
  ) -> [PGShard: HObject] {
    Dictionary(uniqueKeysWithValues: shards.map { ($0, position(peer($0))) })
  }

  private func versions(_ shards: [PGShard]) -> [PGShard: EVersion] {
    Dictionary(uniqueKeysWithValues: shards.map { ($0, peer($0).first?.version ?? .zero) })
  }

  /// Those who have the object in another version, and those who should have it and do not: a target
  /// whose own backfill stands behind it has it.
  private func lacking(_ object: ObjectVersion) -> [PGShard: EVersion] {
    var lacking: [PGShard: EVersion] = [:]
    for target in targets {
      if let theirs = peer(target).first, theirs.object == object.object {
        if theirs.version != object.version { lacking[target] = theirs.version }
      } else if object.object > last(target) {
        lacking[target] = .zero
      }
    }
    return lacking
  }

  /// Notes that the step which `next` gave is done, or under way.
  package mutating func take(_ step: BackfillStep) {
    switch step {
    case .scanLocal: isScanning = true
    case .scanPeers(let positions): awaited = Set(positions.keys)
    case .remove(let object, let holders):
      for (target, version) in holders {
        removals[target, default: []].append(ObjectVersion(object, version))
      }
      pass(object, ObjectStatSum())
    case .push(let object, let lacking):
      if !lacking.isEmpty { inFlight.insert(object.object) }
      pass(object.object, nil)
    case .wait, .end: break
    }
  }

  private mutating func pass(_ object: HObject, _ sum: ObjectStatSum?) {
    precondition(object > lastBackfillStarted, "\(object) again after \(lastBackfillStarted)")
    lastBackfillStarted = object
    passed[object] = .some(sum)
    if local.first?.object == object { local.removeFirst() }
    for target in targets where peers[target]?.first?.object == object {
      peers[target]?.removeFirst()
    }
  }
}
