import Base
import OpExecution
import Peering
import RadosTypes

/// Reads that a client sends to any of the copies (`CEPH_OSD_FLAG_BALANCE_READS`,
/// `CEPH_OSD_FLAG_LOCALIZE_READS`).
///
/// A replica serves what its primary would say: while its lease lasts, of objects that it has, and that no
/// copy could still lose a write of. Else it answers EAGAIN, and the client goes to the primary.
/// Ceph: `PrimaryLogPG::do_op`, `PeeringState::can_serve_replica_read`.
extension PG {
  /// Whether this copy is one that may be asked.
  func isAddressed(by op: ClientOp) -> Bool {
    isPrimary || op.mayGoToReplica && peering.isReplica
  }

  /// 7, 8 at a replica.
  func enterReplica(_ op: ClientOp) {
    guard isAddressed(by: op) else { return shard.finish(op) }
    guard peering.mayServeReplicaRead(at: leaseTime), !op.kind.listsPG else {
      return leaveToPrimary(op)
    }
    if let refusal = refusal(of: op) { return answer(op, refusal) }
    guard isServable(op.head) else { return leaveToPrimary(op) }
    serve(op)
  }

  /// Asked again when it has been read: the primary's writes do not wait for the readers here.
  func isServable(_ head: HObject) -> Bool {
    !info.isIncomplete && !peering.isUnreadable(head) && peering.isStable(head)
  }

  func leaveToPrimary(_ op: ClientOp) { answer(op, .errno(Errno.EAGAIN)) }

  /// The object is about to be changed: who reads it here asks the primary.
  func forgetContext(of object: HObject) {
    guard !contexts.isEmpty, let context = contexts.find(object.isHead ? object : object.head)
    else { return }
    for op in context.reset() { leaveToPrimary(op) }
  }

  /// Leases are counted in it.
  var leaseTime: TimeSpan { TimeSpan(nanoseconds: Int64(clamping: reactor.now.nanoseconds)) }
}

extension ClientOp {
  /// The client takes any copy's answer.
  var mayGoToReplica: Bool {
    !request.flags.isDisjoint(with: [.balanceReads, .localizeReads]) && kind.reads && !kind.writes
      && !kind.caches
  }
}
