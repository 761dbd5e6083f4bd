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
    add("log reopen", "reopen log file") { osd, _ in
      do throws(SystemError) { try osd.log.reopen() } catch {
        return .failure(error.errno, "\(error)")
      }
      return CommandResult()
    }
    addPGCommands()
    addScrubCommands()
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
