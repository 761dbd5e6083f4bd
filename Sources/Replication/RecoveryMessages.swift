import Messages
import RadosTypes

/// What recovery's messages cost their receiver's scheduling, in bytes.
extension RecoverySettings {
  package func cost(of push: PushOp) -> UInt64 {
    push.omapEntries.values.reduce(push.dataIncluded.count + objectCost) { $0 + UInt64($1.count) }
  }

  /// Of a pull, or of the answer to a push.
  package var requestCost: UInt64 { objectCost + chunkBytesMax }

  /// What goes to one OSD, in messages of bounded cost and number. Ceph: `send_pushes`.
  package func batches(of pushes: [PushOp]) -> [(pushes: [PushOp], cost: UInt64)] {
    batches(of: pushes, cost: cost).map { (Array($0), $1) }
  }

  /// Ceph: `send_recovery_deletes`.
  package func batches(
    of deletes: [ObjectVersion]
  ) -> [(objects: [ObjectVersion], cost: UInt64)] {
    batches(of: deletes) { _ in objectCost }.map { (Array($0), $1) }
  }

  private func batches<Element>(
    of elements: [Element], cost: (Element) -> UInt64
  ) -> [(ArraySlice<Element>, UInt64)] {
    var batches: [(ArraySlice<Element>, UInt64)] = []
    var rest = elements[...]
    while !rest.isEmpty {
      var total: UInt64 = 0
      var count = 0
      for element in rest where count < max(messageObjectsMax, 1) {
        guard count == 0 || total < messageCostMax else { break }
        total += cost(element)
        count += 1
      }
      batches.append((rest.prefix(count), total))
      rest = rest.dropFirst(count)
    }
    return batches
  }
}

extension MOSDPGScan {
  /// `OP_SCAN_GET_DIGEST`, `OP_SCAN_DIGEST`.
  package static let asks: UInt32 = 1
  package static let brings: UInt32 = 2

  /// The answer: what has been scanned from where the question said.
  package func answer(
    _ interval: BackfillInterval, from: PGShard, primaryShard: Int8, epoch: UInt32
  ) -> MOSDPGScan {
    MOSDPGScan(
      op: Self.brings, epoch: epoch, queryEpoch: queryEpoch,
      pgID: ShardPGID(pgID.pgID, shard: primaryShard), begin: interval.begin, end: interval.end,
      from: from, data: interval.wireObjects)
  }
}

extension MOSDPGBackfill {
  /// `OP_BACKFILL_PROGRESS`, `OP_BACKFILL_FINISH`, `OP_BACKFILL_FINISH_ACK`.
  package static let progress: UInt32 = 2
  package static let finish: UInt32 = 3
  package static let finishAck: UInt32 = 4

  /// Tells a target how far its last backfill has come; at the end, that it is finished.
  package init(
    to position: HObject, stats: PGStat, pgID: ShardPGID, epoch: UInt32, intervalEpoch: UInt32
  ) {
    self.init(
      op: position.isMax ? Self.finish : Self.progress, epoch: epoch, queryEpoch: intervalEpoch,
      pgID: pgID, lastBackfill: position, stats: stats)
  }
}

extension MOSDPGRecoveryDelete {
  /// The answer, when all objects are removed.
  package func reply(from: PGShard) -> MOSDPGRecoveryDeleteReply {
    MOSDPGRecoveryDeleteReply(
      pgID: ShardPGID(pgID.pgID, shard: self.from.shard), epoch: epoch, minEpoch: minEpoch,
      objects: objects, from: from)
  }
}
