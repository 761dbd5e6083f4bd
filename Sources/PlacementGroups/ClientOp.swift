import Base
import Buffers
import Messages
import OpExecution
import RadosTypes

/// A client's op in flight: what was asked, by whom, how far it is, and what will be answered.
///
/// Made on the connection's reactor, then confined to the one of its PG. Ceph: `OpRequest`, and what of
/// `OpContext` outlives the interpretation.
package final class ClientOp: TrackedOp, @unchecked Sendable {
  package let request: MOSDOp
  package let source: any OpSource
  package let reqID: ReqID
  package let kind: RequestClass
  package let priority: UInt32
  /// Bytes that it holds while it is in flight.
  package let cost: Int
  /// Nil: the object that is asked for is the head.
  private let headOfAnother: HObject?

  /// What it holds of its connection's byte budget, given back with it.
  package var budget: (any AnyObject & Sendable)?
  /// When it was given to its shard, when its PG took it up last, and when it was carried out, but for
  /// commits.
  var queued = Instant(nanoseconds: 0)
  var reachedPG = Instant(nanoseconds: 0)
  var prepared = Instant(nanoseconds: 0)
  /// Counts among what its shard has in flight.
  var isAdmitted = false
  /// Its reply has left.
  var isAnswered = false
  /// It did what it was sent for, and counts among client ops.
  var isCounted = false

  /// The log entry that its reply waits for.
  var version = EVersion.zero
  /// What is to be answered when that is committed.
  var reply: MOSDOpReply?
  /// Ops whose replies wait for this one's commit: reads of what it wrote, and its repetitions.
  var followers: [ClientOp] = []
  /// Where in a page the data of the reply would like to land.
  var dataOffset: UInt16 = 0
  var bytesRead = 0
  var bytesWritten = 0

  package init(
    _ request: consuming MOSDOp, from source: any OpSource, cost: Int, priority: UInt32,
    at now: Instant, received times: MessageTimes = MessageTimes()
  ) {
    self.source = source
    self.cost = cost
    self.priority = priority
    reqID =
      request.reqID == .none
      ? ReqID(
        name: source.peer, tid: request.tid,
        incarnation: Int32(truncatingIfNeeded: request.clientIncarnation)) : request.reqID
    kind = RequestClass(request.ops, flags: request.flags)
    headOfAnother = request.object.isHead ? nil : request.object.head
    self.request = consume request
    super.init(times, dispatched: now)
  }

  /// The head of the object, whatever snapshot is asked for.
  package var head: HObject {
    _read {
      if let headOfAnother { yield headOfAnother } else { yield request.object }
    }
  }

  /// Whom it is scheduled for.
  var client: UInt64 { UInt64(bitPattern: source.peer.number) }

  /// The copy at this place of its gather has it.
  func noteCommit(at place: Int, _ now: Instant) {
    if place == 0 {
      note(.committed, at: now)
    } else {
      note(.copyCommitted, UInt8(place - 1), at: now)
    }
  }

  /// As `MOSDOp` prints itself.
  package override var summary: String {
    let ops = request.ops.map(\.description).joined(separator: ",")
    return "osd_op(\(reqID) \(request.pgID) \(request.object) [\(ops)] "
      + "snapc \(request.snapContext) \(request.flags) e\(request.epoch))"
  }

  package override var pool: Int64 { head.pool }

  override var facts: Facts {
    Facts(
      client: reqID.name.number, tid: reqID.tid, bytes: request.dataCount + bytesRead,
      writes: kind.writes, isReplica: false)
  }

  package override var origin: Origin {
    Origin(name: source.peer, address: source.peerAddress, tid: request.tid)
  }
}
