import Base
import ClusterMaps
import Glibc
import Messages
import Monitors
import PlacementGroups
import RadosTypes

/// The commands of the admin socket and `ceph tell` that ask the daemon itself.
extension OSD {
  func addCommands() {
    ConfigCommands.add(to: commands, configuration)
    PerfCommands.add(to: commands, parts.perf) { [weak self] in await self?.refreshGauges() }
    addOpCommands()
    add("version", "get ceph version") { osd, arguments in
      arguments.json { json in
        json.object { json in
          json.string("version", DaemonVersion.ceph)
          json.string("release", DaemonVersion.release)
          json.string("release_type", "stable")
        }
      }
    }
    add("git_version", "get git sha1") { osd, arguments in
      arguments.json { $0.object { $0.string("git_version", "loligo \(DaemonVersion.own)") } }
    }
    add("status", "high-level status of OSD") { osd, arguments in osd.status(arguments) }
    add("send_beacon", "send OSD beacon to mon immediately") { osd, _ in
      osd.sendBeacon()
      return CommandResult()
    }
    add("flush_pg_stats", "flush pg stats") { osd, arguments in
      let report = await osd.statisticsReport()
      osd.manager.send(RawMessage(encoding: report))
      return CommandResult(output: "\(report.osd.sequence)\n")
    }
    add("flush_journal", "flush the journal to permanent store") { osd, _ in
      await osd.parts.store.checkpoint()
      return CommandResult()
    }
    add("log reopen", "reopen log file") { osd, arguments in
      do throws(SystemError) { try osd.log.reopen() } catch {
        return .failure(error.errno, "\(error)")
      }
      return arguments.json { $0.object { _ in } }
    }
    add("log flush", "flush log entries to log file") { _, arguments in
      // A line is written when it is said.
      arguments.json { $0.object { _ in } }
    }
    add("log dump", "dump recent log entries to log file") { _, arguments in
      // None are kept that were not written.
      arguments.json { $0.object { _ in } }
    }
    add("metadata", "what this OSD tells the monitors of itself (of this project)") {
      osd, arguments in
      arguments.json { json in
        json.object { json in
          for (name, value) in osd.metadata().sorted(by: { $0.key < $1.key }) {
            json.string(name, value)
          }
        }
      }
    }
    add("list_devices", "list OSD devices.") { osd, arguments in osd.listDevices(arguments) }
    add(
      "heap", "show heap usage info (available only if compiled with tcmalloc)",
      [
        CommandParameter(
          "heapcmd", .choices,
          choices: [
            "dump", "start_profiler", "stop_profiler", "release", "get_release_rate",
            "set_release_rate", "stats",
          ]), CommandParameter("value", .string, required: false),
      ]
    ) { osd, arguments in osd.heap(arguments) }
    add("objecter_requests", "show in-progress osd requests") { _, arguments in
      // This daemon asks nothing of other OSDs as a client does.
      arguments.json { json in
        json.object { json in
          for kind in [
            "ops", "linger_ops", "pool_ops", "pool_stat_ops", "statfs_ops", "command_ops",
          ] {
            json.array(kind) { _ in }
          }
        }
      }
    }
    addStoreCommands()
    addClusterCommands()
    addBenchCommand()
    addPGCommands()
    addScrubCommands()
  }

  /// The block devices that the store is on.
  private func listDevices(_ arguments: CommandArguments) -> CommandResult {
    arguments.json { json in
      json.array { json in
        for device in BlockDeviceName.under(blockDevice) {
          json.object { json in
            json.string("device", "/dev/" + device.name)
            json.string("device_id", device.id)
          }
        }
      }
    }
  }

  /// Of tcmalloc, what needs no profiler; the texts are stock's (`perfglue/heap_profiler.cc`).
  private func heap(_ arguments: CommandArguments) -> CommandResult {
    switch arguments.text("heapcmd") {
    case "stats":
      guard let report = HeapMemory.report else {
        return .failure(EOPNOTSUPP, "could not issue heap command -- not using tcmalloc!")
      }
      return CommandResult(output: "osd.\(identity.whoami) tcmalloc heap stats:" + report)
    case "release":
      HeapMemory.release()
      return CommandResult(output: "osd.\(identity.whoami) releasing free RAM back to system.\n")
    default:
      return .failure(
        EOPNOTSUPP, "could not issue heap profiler command -- tcmalloc without a profiler")
    }
  }

  func add(
    _ prefix: String, _ help: String, _ parameters: [CommandParameter] = [],
    _ body: @escaping @Sendable (OSD, CommandArguments) async -> CommandResult
  ) {
    commands.add(
      Command(prefix, parameters, help: help) { [weak self] arguments in
        guard let self else { return .failure(ESHUTDOWN, "the daemon is stopping") }
        return await body(self, arguments)
      })
  }

  private func status(_ arguments: CommandArguments) -> CommandResult {
    arguments.json { json in
      json.object { json in
        json.string("cluster_fsid", "\(identity.cluster)")
        json.string("osd_fsid", "\(identity.osd)")
        json.integer("whoami", identity.whoami)
        json.string("state", state.rawValue)
        json.integer("oldest_map", history.superblock.oldestMap)
        json.integer("cluster_osdmap_trim_lower_bound", history.superblock.mapTrimLowerBound)
        json.integer("newest_map", history.superblock.newestMap)
        json.integer("num_pgs", pgCount)
      }
    }
  }
}
