import Base
import ClusterMaps
import PlacementGroups
import RadosTypes

/// Ops that take too long: for the health, for the logs, and why. Ceph: `OSD::get_health_metrics`.
extension OSD {
  /// Before each report to the manager.
  func lookAtSlowOps() async {
    let limit = complaintTime
    let now = parts.clock.now
    let slow =
      configuration.flag("osd_enable_op_tracker")
      ? await opsInFlight().filter { now - $0.trace.began > limit } : []
    reports.slowOps = (slow.count, slow.first.map { now - $0.trace.began } ?? .zero)
    guard !slow.isEmpty else { return }
    complain(of: slow, at: now)
  }

  /// To the cluster's log in one line; each by itself to this daemon's log, or to both.
  private func complain(of slow: [OpRecord], at now: Instant) {
    let isOneLine = configuration.flag("osd_aggregated_slow_ops_logging")
    let named = isOneLine ? configuration.integer("osd_op_log_threshold") : slow.count
    for op in slow.prefix(named) {
      let line =
        "slow request \(op.summary) initiated \(UTime(op.trace.began, by: parts.clock)) currently \(op.state)"
      if isOneLine {
        log.write(.osd, 0, self, "\(line): \(SlowStage(of: op, at: now).sentence(blockDevice))")
      } else {
        monitors.clusterLog.warning(line)
      }
    }
    if isOneLine { monitors.clusterLog.warning(summary(of: slow)) }
  }

  /// Stock's words.
  private func summary(of slow: [OpRecord]) -> String {
    let states = Dictionary(grouping: slow, by: \.state).mapValues(\.count)
      .sorted { $0.key < $1.key }.map { "'\($0.key)' : \($0.value) " }.joined()
    let pools = Dictionary(grouping: slow, by: \.pool).mapValues(\.count)
    guard let worst = pools.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return "" }
    let name = map.poolName(worst.key).map { "\($0)" } ?? "unknown"
    return "\(slow.count) slow requests (by type [ \(states)] most affected pool [ "
      + "'\(name)' : \(worst.value) ])"
  }

  var blockDevice: String { configuration.string("osd_data") + "/block" }

  /// In flight for too long, then those over that were slow, the last first; without any, those that took
  /// longest of late.
  func whySlow(_ arguments: CommandArguments) async -> CommandResult {
    let now = parts.clock.now
    let limit = complaintTime
    let limits = await historyLimits()
    let blocked = await opsInFlight().filter { now - $0.trace.began > limit }
    var over = await slowOps(limits).reversed() as [OpRecord]
    let areSlow = !blocked.isEmpty || !over.isEmpty
    if !areSlow { over = await longestOps(limits) }
    let stages = (blocked + over).map { (op: $0, stage: SlowStage(of: $0, at: now)) }
    return arguments.json { json in
      json.object { json in
        json.bool("are_slow", areSlow)
        json.array("ops") { json in
          for (op, stage) in stages {
            json.object { json in
              json.string("description", op.summary)
              json.seconds("duration", op.duration(at: now))
              json.string("stage", stage.name)
              json.seconds("stage_duration", stage.duration)
              if let peer = stage.peer { json.integer("peer", peer) }
              json.string("why", stage.sentence(blockDevice))
            }
          }
        }
      }
    }
  }
}
