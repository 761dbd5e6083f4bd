import RadosTypes

/// The stages that a PG has left, the last of them one by one, all of them in sums.
///
/// Ceph: `PGStateHistory`, and `PGRecoveryStats` for the sums.
package struct StageHistory: Sendable {
  private static let kept = 50

  package struct Visit: Sendable {
    package let stage: PeeringStage
    package let epoch: UInt32
    package let entered: UTime
    package let left: UTime
  }

  /// Oldest first.
  package private(set) var visits: [Visit] = []
  package var times = StageTimes()

  /// Of a machine, which begins there.
  package init() { entered(.initial) }

  mutating func entered(_ stage: PeeringStage) { times.entered(stage) }

  mutating func left(_ entered: EnteredStage, at now: UTime, epoch: UInt32) {
    if visits.count == Self.kept { visits.removeFirst() }
    visits.append(
      Visit(stage: entered.stage, epoch: epoch, entered: entered.since, left: now))
    times.left(entered.stage, after: now.secondsSince(entered.since))
  }
}

/// How often PGs were in each stage, and for how long.
package struct StageTimes: Sendable {
  package struct Sum: Sendable {
    package var entered = 0
    package var left = 0
    /// Seconds.
    package var total = 0.0
    package var least = 0.0
    package var greatest = 0.0
  }

  package private(set) var sums: [PeeringStage: Sum] = [:]

  package init() {}

  mutating func entered(_ stage: PeeringStage) { sums[stage, default: Sum()].entered += 1 }

  mutating func left(_ stage: PeeringStage, after seconds: Double) {
    var sum = sums[stage] ?? Sum()
    sum.least = sum.left == 0 ? seconds : min(sum.least, seconds)
    sum.greatest = max(sum.greatest, seconds)
    sum.left += 1
    sum.total += seconds
    sums[stage] = sum
  }

  package mutating func add(_ other: StageTimes) {
    for (stage, more) in other.sums {
      var sum = sums[stage] ?? Sum()
      if more.left > 0 {
        sum.least = sum.left == 0 ? more.least : min(sum.least, more.least)
        sum.greatest = max(sum.greatest, more.greatest)
      }
      sum.entered += more.entered
      sum.left += more.left
      sum.total += more.total
      sums[stage] = sum
    }
  }
}

extension UTime {
  fileprivate func secondsSince(_ earlier: UTime) -> Double {
    max(Double(wallNanoseconds) - Double(earlier.wallNanoseconds), 0) / 1e9
  }
}
