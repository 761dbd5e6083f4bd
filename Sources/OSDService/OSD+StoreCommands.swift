import Base
import Buffers
import Glibc
import ObjectStores
import PlacementGroups
import RadosTypes

/// The commands about the store: its space, its caches, its index.
extension OSD {
  func addStoreCommands() {
    add(
      "bluestore allocator dump block", "dump allocator free regions"
    ) { osd, arguments in osd.dumpFreeSpace(arguments) }
    add(
      "bluestore allocator score block",
      "give score on allocator fragmentation (0-no fragmentation, 1-absolute fragmentation)"
    ) { osd, arguments in
      arguments.rating(osd.parts.store.freeSpace?.score ?? 0)
    }
    add(
      "bluestore allocator fragmentation block",
      "give allocator fragmentation (0-no fragmentation, 1-absolute fragmentation)"
    ) { osd, arguments in
      arguments.rating(osd.parts.store.freeSpace?.fragmentation ?? 0)
    }
    add(
      "bluestore bluefs device info",
      "Shows space report for bluefs devices. This also includes an estimation for space available "
        + "to bluefs at main device. alloc_size, if set, specifies the custom bluefs allocation unit "
        + "size for the estimation above.",
      [CommandParameter("alloc_size", .integer, required: false)]
    ) { osd, arguments in osd.indexSpace(arguments) }
    add("bluefs stats", "Dump internal statistics for bluefs.") { osd, _ in osd.indexStatistics() }
    add(
      "compact",
      "Commpact object store's omap. WARNING: Compaction probably slows your requests"
    ) { osd, arguments in await osd.compact(arguments) }
    add("flush_store_cache", "Flush bluestore internal cache") { osd, _ in
      await osd.parts.store.dropCaches()
      return CommandResult()
    }
    add("cache drop", "Drop all OSD caches") { osd, _ in
      await osd.parts.store.dropCaches()
      _ = await osd.shards.collect { shard in
        shard.dropContexts()
        return true
      }
      return CommandResult()
    }
    add("cache status", "Get OSD caches statistics") { osd, arguments in
      await osd.cacheStatus(arguments)
    }
    add("dump_mempools", "get mempool stats") { osd, arguments in
      await osd.dumpMemory(arguments)
    }
  }

  private func dumpFreeSpace(_ arguments: CommandArguments) -> CommandResult {
    let space = parts.store.freeSpace
    return arguments.json { json in
      json.object { json in
        json.integer("capacity", space?.capacity ?? 0)
        json.integer("alloc_unit", space?.unitBytes ?? 0)
        json.string("alloc_type", "loligo")
        json.string("alloc_name", "block")
        json.array("extents") { json in
          for run in space?.runs ?? [] {
            json.object { json in
              json.string("offset", "0x" + String(run.offset, radix: 16))
              json.string("length", "0x" + String(run.length, radix: 16))
            }
          }
        }
      }
    }
  }

  /// Total, free, used by the index's files, and what these could have.
  private func indexSpace(_ arguments: CommandArguments) -> CommandResult {
    let usage = parts.store.statfs()
    return arguments.json { json in
      json.object { json in
        json.object("dev") { json in
          json.string("device", "BDEV_DB")
          json.integer("total", usage.total)
          json.integer("free", usage.available)
          json.integer("bluefs_used", usage.metadata)
          json.integer("bluefs max available", usage.available)
        }
      }
    }
  }

  private func indexStatistics() -> CommandResult {
    let usage = parts.store.statfs()
    return CommandResult(
      output: "1 : device size 0x\(String(usage.total, radix: 16)) : using "
        + "0x\(String(usage.metadata, radix: 16))(\(usage.metadata >> 20) MiB)\n"
        + "wal_total:0, db_total:\(usage.total), slow_total:0\n")
  }

  private func compact(_ arguments: CommandArguments) async -> CommandResult {
    let began = parts.clock.now
    log.write(.osd, 1, self, "triggering manual compaction")
    do throws(StoreError) { try await parts.store.compact() } catch {
      return .failure(error.errno, "\(error)")
    }
    let took = parts.clock.now - began
    log.write(.osd, 1, self, "finished manual compaction in \(took.inSeconds) seconds")
    return arguments.json { $0.object { $0.seconds("elapsed_time", took) } }
  }

  private func cacheStatus(_ arguments: CommandArguments) async -> CommandResult {
    let contexts = await shards.collect { $0.contextCount }.reduce(0, +)
    let memory = parts.store.memory
    return arguments.json { json in
      json.object { json in
        json.integer("object_ctx", contexts)
        json.integer("bluestore_onode", memory.onodes.items)
        json.integer("bluestore_buffers", memory.data.items)
      }
    }
  }

  /// Under the names of stock's pools, those that something here is in.
  private func dumpMemory(_ arguments: CommandArguments) async -> CommandResult {
    let memory = parts.store.memory
    let entries = await shards.collect { $0.logEntryCount }.reduce(0, +)
    let contexts = await shards.collect { $0.contextCount }.reduce(0, +)
    let buffers = parts.reactors.reduce(0) { $0 + $1.pool.bytesInRegions }
    let pools: [(String, items: UInt64, bytes: UInt64)] = [
      ("bluestore_cache_data", memory.data.items, memory.data.bytes),
      ("bluestore_cache_onode", memory.onodes.items, memory.onodes.bytes),
      ("bluestore_cache_other", 0, memory.index.bytes),
      ("bluestore_writing", 0, memory.pending),
      ("bluefs", 0, memory.indexBuffers),
      ("buffer_anon", 0, UInt64(buffers)),
      ("osd", UInt64(contexts), UInt64(contexts * OSDShard.contextBytes)),
      ("osd_pglog", UInt64(entries), UInt64(entries * OSDShard.logEntryBytes)),
    ]
    return arguments.json { json in
      json.object { json in
        json.object("mempool") { json in
          json.object("by_pool") { json in
            for pool in pools { json.pool(pool.0, pool.items, pool.bytes) }
          }
          json.pool(
            "total", pools.reduce(0) { $0 + $1.items }, pools.reduce(0) { $0 + $1.bytes })
        }
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func pool(_ name: String, _ items: UInt64, _ bytes: UInt64) {
    object(name) { json in
      json.integer("items", items)
      json.integer("bytes", bytes)
    }
  }
}

extension CommandArguments {
  fileprivate func rating(_ value: Double) -> CommandResult {
    json { $0.object { $0.real("fragmentation_rating", value) } }
  }
}
