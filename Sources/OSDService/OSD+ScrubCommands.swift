import Base
import Buffers
import ClusterMaps
import Glibc
import PlacementGroups
import RadosTypes

/// Commands about scrubs, and those by which tests damage copies (`TestOpsSocketHook`).
extension OSD {
  func addScrubCommands() {
    add("dump_scrubs", "print scheduled scrubs") { osd, arguments in osd.dumpScrubs(arguments) }
    add("dump_scrub_reservations", "show scrub reservations") { osd, arguments in
      let places = osd.shards.scrubs.places
      return arguments.json { json in
        json.object { json in
          json.integer("scrubs_local", places.local)
          json.integer("scrubs_remote", places.remote)
          json.integer("osd_max_scrubs", places.most)
        }
      }
    }
    addDamageCommands()
  }

  private func dumpScrubs(_ arguments: CommandArguments) -> CommandResult {
    arguments.json { json in
      json.array { json in
        for job in shards.scrubs.scheduled {
          json.object { json in
            json.string("pgid", "\(job.pgID)")
            json.string("sched_time", "\(UTime(wallNanoseconds: UInt64(job.due * 1e9)))")
            json.string(
              "deadline", "\(UTime(wallNanoseconds: UInt64((job.deadline ?? 0) * 1e9)))")
            json.bool("forced", job.isForced)
          }
        }
      }
    }
  }

  private func addDamageCommands() {
    let object = [CommandParameter("pool", .string), CommandParameter("objname", .objectName)]
    let key = CommandParameter("key", .string)
    let value = CommandParameter("val", .string)
    add("setomapval", "set omap key", object + [key, value]) { osd, arguments in
      await osd.damage(arguments) {
        .setOmap(ByteString($0.text("key") ?? ""), ByteString($0.text("val") ?? ""))
      }
    }
    add("rmomapkey", "remove omap key", object + [key]) { osd, arguments in
      await osd.damage(arguments) { .removeOmap(ByteString($0.text("key") ?? "")) }
    }
    add(
      "setomapheader", "set omap header", object + [CommandParameter("header", .string)]
    ) { osd, arguments in
      await osd.damage(arguments) { .setOmapHeader(ByteString($0.text("header") ?? "")) }
    }
    add(
      "truncobj", "truncate object to length", object + [CommandParameter("len", .integer)]
    ) { osd, arguments in
      await osd.damage(arguments) { .truncate(UInt64(clamping: $0.integer("len") ?? 0)) }
    }
    let shardID = CommandParameter("shardid", .integer, required: false, range: "0|255")
    add("injectdataerr", "inject data error to an object", object + [shardID]) { osd, arguments in
      await osd.damage(arguments) { _ in .failReads }
    }
    add("injectmdataerr", "inject metadata error to an object", object + [shardID]) {
      osd, arguments in await osd.damage(arguments) { _ in .failMetadata }
    }
  }

  private func damage(
    _ arguments: CommandArguments, _ make: (CommandArguments) -> ObjectDamage
  ) async -> CommandResult {
    let poolName = arguments.text("pool") ?? ""
    guard let pool = map.poolID(named: ByteString(poolName)) ?? Int64(poolName),
      let details = map.pool(pool)
    else {
      return CommandResult(output: "Invalid pool '\(poolName)''")
    }
    let parts = (arguments.text("objname") ?? "").split(
      separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let last = parts.last else { return CommandResult(output: "Invalid namespace/objname") }
    let (name, namespace) = (
      ByteString(String(last)), ByteString(parts.count == 2 ? String(parts[0]) : "")
    )
    let object = HObject(
      pool: pool, hash: details.hash(of: name, namespace: namespace), name: name,
      namespace: namespace)
    let id = ShardPGID(PGID(pool: pool, seed: details.seed(ofHash: object.hash)))
    let isDone = await shards.damage(object, in: id, make(arguments))
    return CommandResult(output: isDone ? "ok" : "error=-\(ENOENT)")
  }
}
