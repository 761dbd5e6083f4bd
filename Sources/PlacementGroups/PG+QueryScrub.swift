import Base
import RadosTypes

/// What `ceph pg <id> query` says of scrubs. Names and order: `PgScrubber::dump`, `handle_query_state`.
extension PG {
  /// Of an active primary.
  func dumpScrubber(into json: inout JSONWriter) {
    json.object("scrubber") { json in
      json.integer("epoch_start", scrub.epochStart)
      json.bool("active", scrub.machine.isActive)
      guard scrub.machine.isActive else { return }
      dumpRange("", into: &json)
      dumpMode(into: &json)
      let due = shard.all.scrubs.due(id) ?? 0
      json.string("scrub_reg_stamp", "\(UTime(wallNanoseconds: UInt64(due * 1e9)))")
      json.integer("priority", scrubPriority(of: scrub.mode))
      json.integer("shallow_errors", scrub.tally.shallowErrors)
      json.integer("deep_errors", scrub.tally.deepErrors)
      json.integer("fixed", scrub.tally.fixed)
      dumpAwaited("waiting_on_whom", into: &json)
    }
  }

  /// The last of the recovery states, of a primary that is scrubbing.
  func dumpScrubState(into json: inout JSONWriter) {
    guard isPrimary, peering.isActive, scrub.machine.isActive else { return }
    json.object { json in
      json.integer("scrubber.epoch_start", scrub.epochStart)
      json.bool("scrubber.active", true)
      dumpRange("scrubber.", into: &json)
      dumpAwaited("scrubber.waiting_on_whom", into: &json)
      json.string("comment", "DEPRECATED - may be removed in the next release")
    }
  }

  private func dumpRange(_ prefix: String, into json: inout JSONWriter) {
    let isOld = !prefix.isEmpty
    json.string("\(prefix)start", "\(scrub.machine.start)")
    json.string("\(prefix)end", "\(scrub.machine.end)")
    json.string("\(prefix)m_max_end", "\(scrub.machine.maxEnd)")
    json.string(
      isOld ? "scrubber.m_subset_last_update" : "subset_last_update", "\(scrub.machine.newest)")
    json.bool("\(prefix)deep", scrub.isDeep)
  }

  private func dumpMode(into json: inout JSONWriter) {
    let (next, now) = (scrub.planned, scrub.mode)
    let marks = [
      ("must_scrub", next.isMust || now.isRequired), ("must_deep_scrub", next.isMustDeep),
      ("must_repair", next.isMustRepair), ("need_auto", next.needsAuto),
      ("req_scrub", now.isRequired), ("time_for_deep", next.isTimeForDeep),
      ("auto_repair", now.repairsAutomatically), ("check_repair", now.checksRepair),
      ("deep_scrub_on_error", now.deepensOnError),
    ]
    for (name, mark) in marks { json.bool(name, mark) }
  }

  private func dumpAwaited(_ name: String, into json: inout JSONWriter) {
    json.array(name) { json in
      for member in scrub.machine.awaited.sorted() { json.string(nil, "\(member)") }
    }
  }
}
