import Base
import ClusterMaps
import Glibc
import Messages
import Monitors
import PlacementGroups
import RadosTypes

/// The commands about the cluster as this OSD sees it: maps, peers, PGs, reservations.
extension OSD {
  func addClusterCommands() {
    add("get_mapped_pools", "dump pools whose PG(s) are mapped to this OSD.") { osd, arguments in
      let pools = await osd.shards.collect { $0.poolIDs }.reduce(into: Set()) { $0.formUnion($1) }
      return arguments.json { json in
        json.array { json in for pool in pools.sorted() { json.integer(nil, pool) } }
      }
    }
    add("dump_blocklist", "dump blocklisted clients and times") { osd, arguments in
      osd.dumpBlocklist(arguments)
    }
    add(
      "dump_watchers", "show clients which have active watches, and on which objects"
    ) { _, arguments in
      // Watches are refused (Docs/Compatibility.md), so nobody has any.
      arguments.json { $0.array { _ in } }
    }
    add(
      "dump_osd_network", "Dump osd heartbeat network ping times",
      [CommandParameter("value", .integer, required: false)]
    ) { osd, arguments in osd.dumpPings(arguments) }
    add("dump_recovery_reservations", "show recovery reservations") { osd, arguments in
      osd.dumpReservations(arguments)
    }
    add("dump_op_pq_state", "dump op priority queue state") { osd, arguments in
      await osd.dumpQueues(arguments)
    }
    add("dump_pgstate_history", "show recent state history") { osd, arguments in
      await osd.dumpStageHistory(arguments)
    }
    add("dump_pg_recovery_stats", "dump pg recovery statistics") { osd, arguments in
      await osd.dumpStageTimes(arguments)
    }
    add("reset_pg_recovery_stats", "reset pg recovery statistics") { osd, _ in
      _ = await osd.shards.collect { shard in
        shard.resetStageTimes()
        return true
      }
      return CommandResult()
    }
    add(
      "get_latest_osdmap", "force osd to update the latest map from the mon"
    ) { osd, _ in await osd.fetchNewestMap() }
    add(
      "cluster_log", "log a message to the cluster log",
      [
        CommandParameter("level", .choices, choices: ["error", "warning", "info", "debug"]),
        CommandParameter("message", .string, many: true),
      ]
    ) { osd, arguments in osd.say(arguments) }
  }

  private func dumpBlocklist(_ arguments: CommandArguments) -> CommandResult {
    let entries = map.contents.blocklist.sorted { $0.key < $1.key }
    return arguments.json { json in
      json.array { json in
        for (address, until) in entries {
          json.object { json in
            json.object("entity_addr_t") { json in
              json.string("type", "\(address.kind)")
              json.string("addr", address.socketText)
              json.integer("nonce", address.nonce)
            }
            json.string("expire_time", "\(until)")
          }
        }
      }
    }
  }

  /// Pings of at least `value` ms, the slowest first; without a value, of what is slow.
  private func dumpPings(_ arguments: CommandArguments) -> CommandResult {
    var least = arguments.integer("value").map { Double($0) }
    if least == nil {
      let limit = configuration.real("mon_warn_on_slow_ping_time")
      least =
        limit > 0
        ? limit
        : Double(configuration.integer("osd_heartbeat_grace")) * 1000
          * configuration.real("mon_warn_on_slow_ping_ratio")
    }
    let threshold = max(least ?? 0, 0)
    let pings = heartbeats.peers.pingTimes.filter { $0.value.lastUpdate > 0 }.flatMap {
      osd, times in
      [("back", times.back), ("front", times.front)].map { (osd, $0.0, $0.1, times.lastUpdate) }
    }
    let slow = pings.filter { Double($0.2.average.worst) >= threshold * 1000 }
      .sorted { ($1.2.average.worst, $1.0, $1.1) < ($0.2.average.worst, $0.0, $0.1) }
    let stale = UInt32(clamping: configuration.integer("osd_heartbeat_stale"))
    let now = UTime(wallNanoseconds: parts.clock.wallNanoseconds).seconds
    return arguments.json { json in
      json.object { json in
        json.integer("threshold", Int(threshold))
        json.array("entries") { json in
          for (osd, interface, times, update) in slow {
            json.object { json in
              json.string("last update", UTime(seconds: update, nanoseconds: 0).asCTime)
              json.bool("stale", now > update && now - update > stale)
              json.integer("from osd", identity.whoami)
              json.integer("to osd", osd)
              json.string("interface", interface)
              json.periods("average", times.average)
              json.periods("min", times.least)
              json.periods("max", times.greatest)
              json.milliseconds("last", times.last)
            }
          }
        }
      }
    }
  }

  private func dumpReservations(_ arguments: CommandArguments) -> CommandResult {
    let places = shards.reservations
    return arguments.json { json in
      json.object { json in
        json.reservations("local_reservations", places.local)
        json.reservations("remote_reservations", places.remote)
      }
    }
  }

  private func dumpQueues(_ arguments: CommandArguments) async -> CommandResult {
    let queues = await shards.collect { $0.queueLengths }
    return arguments.json { json in
      json.object { json in
        for (number, levels) in queues.enumerated() {
          json.object("OSD:ShardedOpWQ:\(number)") { json in
            for (name, isStrict) in [("high_queues", true), ("queues", false)] {
              json.array(name) { json in
                for level in levels where level.isStrict == isStrict {
                  json.object { json in
                    json.integer("priority", level.priority)
                    json.integer("size", level.count)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// Returns when this OSD has the map that the monitors had when it was asked.
  private func fetchNewestMap() async -> CommandResult {
    do throws(MonError) {
      let newest = try await monitors.version(of: "osdmap", timeout: .seconds(30)).newest
      guard UInt64(map.epoch) < newest else { return CommandResult() }
      monitors.subscribe(to: "osdmap", from: UInt64(map.epoch) + 1)
      let deadline = parts.clock.now + .seconds(30)
      while UInt64(map.epoch) < newest, parts.clock.now < deadline {
        await withUnsafeContinuation { continuation in
          home.schedule(after: .milliseconds(20)) { continuation.resume() }
        }
      }
      return UInt64(map.epoch) < newest
        ? .failure(ETIMEDOUT, "epoch \(newest) has not come") : CommandResult()
    } catch { return .failure(EIO, "\(error)") }
  }

  private func say(_ arguments: CommandArguments) -> CommandResult {
    let text = arguments.texts("message").joined(separator: " ")
    guard !text.isEmpty else { return .failure(EINVAL, "ignoring empty log message") }
    switch arguments.text("level") {
    case "error": monitors.clusterLog.error(text)
    case "warning": monitors.clusterLog.warning(text)
    case "info": monitors.clusterLog.info(text)
    case "debug": monitors.clusterLog.debug(text)
    default: return .failure(EINVAL, "unknown level '\(arguments.text("level") ?? "")'")
    }
    return CommandResult()
  }
}

extension OSDStat.PingTimes.Periods {
  fileprivate var worst: UInt32 { max(one, five, fifteen) }
}

extension UTime {
  /// As ctime(3), without the newline.
  fileprivate var asCTime: String {
    var time = time_t(seconds)
    var buffer = [CChar](repeating: 0, count: 32)
    guard ctime_r(&time, &buffer) != nil else { return "" }
    return String(
      decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension JSONWriter {
  fileprivate mutating func periods(_ name: String, _ periods: OSDStat.PingTimes.Periods) {
    object(name) { json in
      json.milliseconds("1min", periods.one)
      json.milliseconds("5min", periods.five)
      json.milliseconds("15min", periods.fifteen)
    }
  }

  fileprivate mutating func milliseconds(_ name: String, _ microseconds: UInt32) {
    number(name, digits: "\(microseconds / 1000).\(String(1000 + microseconds % 1000).dropFirst())")
  }
}
