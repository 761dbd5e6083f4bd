import Base
import Glibc
import PlacementGroups
import RadosTypes

/// The commands about ops, in flight and over. Ceph: `OpTracker`, `OpHistory`.
extension OSD {
  func addOpCommands() {
    let filter = [CommandParameter("filterstr", .string, required: false, many: true)]
    addOps("dump_ops_in_flight", "show the ops currently in flight", filter) {
      await $0.dumpInFlight($1, blockedOnly: false)
    }
    addOps("ops", "show the ops currently in flight", filter) {
      await $0.dumpInFlight($1, blockedOnly: false)
    }
    addOps("dump_blocked_ops", "show the blocked ops currently in flight", filter) {
      await $0.dumpInFlight($1, blockedOnly: true)
    }
    addOps("dump_historic_ops", "show recent ops", filter) {
      await $0.dumpHistory($1, byDuration: false)
    }
    addOps(
      "dump_historic_ops_by_duration", "show slowest recent ops, sorted by duration", filter
    ) { await $0.dumpHistory($1, byDuration: true) }
    addOps("dump_historic_slow_ops", "show slowest recent ops", filter) {
      await $0.dumpSlowHistory($1)
    }
    addOps("why-slow", "tell where the last slow ops lost their time (of this project)", []) {
      await $0.whySlow($1)
    }
  }

  private func addOps(
    _ prefix: String, _ help: String, _ parameters: [CommandParameter],
    _ body: @escaping @Sendable (OSD, CommandArguments) async -> CommandResult
  ) {
    add(prefix, help, parameters) { osd, arguments in
      guard osd.configuration.flag("osd_enable_op_tracker") else {
        return .failure(EINVAL, Self.notTracking)
      }
      return await body(osd, arguments)
    }
  }

  /// Stock's words.
  private static let notTracking =
    "op_tracker tracking is not enabled now, so no ops are tracked currently, even those get stuck. "
    + "Please enable \"osd_enable_op_tracker\", and the tracker will start to track new ops received "
    + "afterwards."

  /// What the shards are told at start, and when an option changes.
  func followOpTracker() {
    let (shards, configuration) = (shards, configuration)
    configuration.follow {
      var limits = OpHistoryLimits()
      limits.size = configuration.integer("osd_op_history_size")
      limits.duration = configuration.seconds("osd_op_history_duration")
      limits.slowSize = configuration.integer("osd_op_history_slow_op_size")
      limits.slowThreshold = configuration.seconds("osd_op_history_slow_op_threshold")
      let isEnabled = configuration.flag("osd_enable_op_tracker")
      for shard in shards.shards {
        shard.reactor.post { [limits] in shard.setOpTracker(isEnabled: isEnabled, limits) }
      }
    }
  }

  var complaintTime: Duration { configuration.seconds("osd_op_complaint_time") }

  /// Of all shards, oldest first.
  func opsInFlight() async -> [OpRecord] {
    await shards.collect { $0.trackedOps }.flatMap { $0 }.sorted {
      $0.trace.began < $1.trace.began
    }
  }

  private func dumpInFlight(_ arguments: CommandArguments, blockedOnly: Bool) async -> CommandResult
  {
    let now = parts.clock.now
    let limit = complaintTime
    let ops = await opsInFlight().filter {
      (!blockedOnly || now - $0.trace.began > limit) && arguments.wants($0)
    }
    return arguments.json { json in
      json.object { json in
        json.array("ops") { json in for op in ops { op.dump(into: &json, clock: parts.clock) } }
        if blockedOnly {
          json.real("complaint_time", limit.inSeconds)
          json.integer("num_blocked_ops", ops.count)
        } else {
          json.integer("num_ops", ops.count)
        }
      }
    }
  }

  /// Those of all shards that took longest, of as many as are to be kept.
  func longestOps(_ limits: OpHistoryLimits) async -> [OpRecord] {
    let now = parts.clock.now
    let all = await shards.collect { $0.opHistory.longest(at: now) }.flatMap { $0 }
    return Array(all.sorted { $0.duration(at: now) > $1.duration(at: now) }.prefix(limits.size))
  }

  func slowOps(_ limits: OpHistoryLimits) async -> [OpRecord] {
    let all = await shards.collect { $0.opHistory.slowest }.flatMap { $0 }
    return Array(all.sorted { $0.trace.began < $1.trace.began }.suffix(limits.slowSize))
  }

  func historyLimits() async -> OpHistoryLimits {
    await shards.collect { $0.opHistory.limits }.first ?? OpHistoryLimits()
  }

  private func dumpHistory(_ arguments: CommandArguments, byDuration: Bool) async -> CommandResult {
    let limits = await historyLimits()
    var ops = await longestOps(limits)
    if !byDuration { ops.sort { $0.trace.began < $1.trace.began } }
    return arguments.json { json in
      json.object { json in
        json.integer("size", limits.size)
        json.integer("duration", Int(limits.duration.inSeconds))
        json.array("ops") { json in
          for op in ops where arguments.wants(op) { op.dump(into: &json, clock: parts.clock) }
        }
      }
    }
  }

  private func dumpSlowHistory(_ arguments: CommandArguments) async -> CommandResult {
    let limits = await historyLimits()
    let ops = await slowOps(limits)
    return arguments.json { json in
      json.object { json in
        json.integer("num to keep", limits.slowSize)
        json.integer("threshold to keep", Int(limits.slowThreshold.inSeconds))
        json.array("Ops") { json in
          for op in ops where arguments.wants(op) { op.dump(into: &json, clock: parts.clock) }
        }
      }
    }
  }
}

extension CommandArguments {
  /// Whether the op comes from one of the addresses that the command names, if it names any.
  fileprivate func wants(_ op: OpRecord) -> Bool {
    let wanted = texts("filterstr").compactMap { EntityAddress($0) }
    guard !wanted.isEmpty else { return true }
    var address = op.origin.address
    if wanted.contains(address) { return true }
    address.nonce = 0
    if wanted.contains(address) { return true }
    address.port = 0
    return wanted.contains(address)
  }
}
