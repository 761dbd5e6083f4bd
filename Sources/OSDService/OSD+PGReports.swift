import Base
import Peering
import PlacementGroups
import RadosTypes
import Scheduling

/// Where PGs have been, and who may recover. Ceph: `PGStateHistory`, `PGRecoveryStats`, `AsyncReserver`.
extension OSD {
  func dumpStageHistory(_ arguments: CommandArguments) async -> CommandResult {
    let histories = await shards.collect { $0.stageHistories }.flatMap { $0 }
    return arguments.json { json in
      json.object { json in
        json.array("pgs") { json in
          for pg in histories.sorted(by: { $0.id < $1.id }) {
            json.object { json in
              json.string("pg", "\(pg.id)")
              json.string("currently", "\(pg.now)")
              json.array("history") { json in for visit in pg.past { json.visit(visit) } }
            }
          }
        }
      }
    }
  }

  func dumpStageTimes(_ arguments: CommandArguments) async -> CommandResult {
    let totals = await shards.collect { $0.stageTotals }
      .reduce(into: StageTimes()) { $0.add($1) }
    return arguments.json { json in
      json.array { json in
        for (stage, sum) in totals.sums.sorted(by: { "\($0.key)" < "\($1.key)" }) {
          json.object { json in
            json.integer("enter", sum.entered)
            json.integer("exit", sum.left)
            json.string("total_time", sum.total.micros)
            json.string("min_time", sum.least.micros)
            json.string("max_time", sum.greatest.micros)
            json.array("nested_states") { json in
              for name in "\(stage)".split(separator: "/") { json.string(nil, String(name)) }
            }
          }
        }
      }
    }
  }
}

extension Double {
  /// Seconds with six decimals.
  fileprivate var micros: String {
    let micros = UInt64(max(self, 0) * 1e6)
    return "\(micros / 1_000_000).\(String(1_000_000 + micros % 1_000_000).dropFirst())"
  }
}

extension JSONWriter {
  fileprivate mutating func visit(_ visit: StageHistory.Visit) {
    object { json in
      json.string("epoch", "\(visit.epoch)")
      json.array("states") { json in
        json.object { json in
          json.string("state", "\(visit.stage)")
          json.string("enter", "\(visit.entered)")
          json.string("exit", "\(visit.left)")
        }
      }
    }
  }

  mutating func reservations(_ name: String, _ places: ReserverSnapshot<ShardPGID>) {
    object(name) { json in
      json.integer("max_allowed", places.most)
      json.integer("min_priority", 0)
      json.array("queues") { json in
        let queues = Dictionary(grouping: places.waiting, by: \.priority)
        for (priority, entries) in queues.sorted(by: { $0.key > $1.key }) {
          json.object { json in
            json.integer("priority", priority)
            json.array("items") { json in for entry in entries { json.reservation(entry) } }
          }
        }
      }
      json.array("in_progress") { json in
        for entry in places.granted { json.reservation(entry) }
      }
    }
  }

  private mutating func reservation(_ entry: ReserverSnapshot<ShardPGID>.Entry) {
    object { json in
      json.string("item", "\(entry.item)")
      json.integer("prio", entry.priority)
      json.bool("can_preempt", entry.isPreemptible)
    }
  }
}
