import Base
import Peering
import RadosTypes
import Wire

/// How far a backfill has come since it was last asked.
package struct BackfillProgress: Sendable {
  /// To be sent in `MOSDPGBackfillRemove`, before any write goes to these.
  package var removals: [PGShard: [ObjectVersion]] = [:]
  /// Objects that are complete at all targets, in their order, and what they add to the statistics of
  /// targets that had not come so far.
  package var completed: [(object: HObject, sum: ObjectStatSum)] = []
  /// Targets whose last backfill moves, and to where: to the greatest object at the end.
  package var moved: [PGShard: HObject] = [:]
}

extension BackfillPlan {
  /// Everybody has everything.
  package var isFinished: Bool { lastBackfill.values.allSatisfy(\.isMax) }

  /// One's own copy has been scanned, from where `next` said. A scan that failed leaves nil, and is asked
  /// for again.
  package mutating func scanned(_ interval: BackfillInterval?) {
    precondition(isScanning, "a scan that was not asked for")
    isScanning = false
    guard let interval else { return }
    precondition(interval.begin == local.end, "scanned \(interval.begin), not \(local.end)")
    // What was written before the end of the last interval since then is in the log only.
    local = BackfillInterval(
      begin: interval.begin, end: interval.end, objects: interval.objects,
      version: min(interval.version, local.version))
  }

  /// A target's answer; one that is not awaited is ignored.
  package mutating func scanned(
    _ interval: BackfillInterval, by target: PGShard
  ) throws(DecodeError) {
    guard awaited.contains(target), let known = peers[target] else { return }
    guard interval.begin == known.end else {
      throw .invalid("scan of \(target) from \(interval.begin), not from \(known.end)")
    }
    awaited.remove(target)
    peers[target] = interval
  }

  /// A target answers that it has no room; if the backfill goes on, it is asked again.
  package mutating func refused(by osd: Int32) { awaited = awaited.filter { $0.osd != osd } }

  /// Whether a target has not answered yet.
  package var awaitsScans: Bool { !awaited.isEmpty }

  /// The object has arrived at all to whom it was pushed, or it could not be read and is known to be
  /// missing here and there.
  package mutating func arrived(_ object: HObject) { inFlight.remove(object) }

  /// Whether writes of the object have to wait until it has arrived.
  package func isInFlight(_ object: HObject) -> Bool { inFlight.contains(object) }

  /// Objects that have been gone through, and are to be counted by `count`.
  package var uncounted: [HObject] { passed.filter { $0.value == nil }.map(\.key).sorted() }

  /// What an object adds to statistics, in the state that it is in now.
  package mutating func count(_ object: HObject, _ sum: ObjectStatSum) {
    if let known = passed[object], known == nil { passed[object] = .some(sum) }
  }

  /// A client changed an object.
  package mutating func follow(_ delta: ObjectStatSum, _ object: HObject) {
    guard object <= lastBackfillStarted, targets.contains(where: { object > last($0) }) else {
      return
    }
    guard let known = passed[object] else {
      passed[object] = .some(delta)
      return
    }
    guard var sum = known else { return }
    sum += delta
    passed[object] = .some(sum)
  }

  /// Moves the targets' last backfill as far as everything before has arrived and been counted.
  package mutating func advance(_ log: PGLog) -> BackfillProgress {
    var progress = BackfillProgress()
    swap(&progress.removals, &removals)
    if !isScanning { update(by: log) }
    let position = min(local.begin, earliestPeer)
    let limit = inFlight.min() ?? position
    var reached = lastBackfill.values.min() ?? .max
    while let (object, known) = passed.first, object < limit, let sum = known {
      passed.removeValue(of: object)
      progress.completed.append((object, sum))
      reached = object
    }
    if passed.isEmpty && inFlight.isEmpty && position.isMax && !isScanning {
      reached = .max
      lastBackfillStarted = .max
    }
    for target in targets where last(target) < reached {
      lastBackfill[target] = reached
      progress.moved[target] = reached
    }
    return progress
  }
}
