import Base
import Peering
import RadosTypes

/// What waits at one priority of a shard's scheduler.
package struct QueueLength: Sendable {
  package let priority: UInt32
  package let isStrict: Bool
  package let count: Int
}

/// What commands ask of a shard; on its reactor.
extension OSDShard {
  /// Roughly what an object context, and an entry of a PG's log, take of memory.
  package static let contextBytes = 1024
  package static let logEntryBytes = MemoryLayout<PGLogEntry>.stride + 128

  package var poolIDs: Set<Int64> { Set(pgs.keys.map(\.pool)) }

  package var contextCount: Int { pgs.values.reduce(0) { $0 + $1.contexts.count } }

  package var logEntryCount: Int { pgs.values.reduce(0) { $0 + $1.log.entries.count } }

  package func dropContexts() {
    for pg in pgs.values { pg.contexts.dropUnused() }
  }

  /// Where each PG is and has been.
  package var stageHistories: [(id: ShardPGID, now: PeeringStage, past: [StageHistory.Visit])] {
    pgs.values.map { ($0.id, $0.peering.stage, $0.peering.stageHistory.visits) }
  }

  /// Of the PGs that are here.
  package var stageTotals: StageTimes {
    pgs.values.reduce(into: StageTimes()) { $0.add($1.peering.stageHistory.times) }
  }

  package func resetStageTimes() {
    for pg in pgs.values { pg.peering.stageHistory.times = StageTimes() }
  }
}
