import Base
import Buffers
import Messages
import OpExecution
import RadosTypes

/// A client's op in flight: what was asked, by whom, how far it is, and what will be answered.
///
/// Made on the connection's reactor, then confined to the one of its PG. Ceph: `OpRequest`, and what of
/// `OpContext` outlives the interpretation.
package final class ClientOp: @unchecked Sendable {
  package let request: MOSDOp
  package let source: any OpSource
  package let reqID: ReqID
  package let kind: RequestClass
  package let priority: UInt32
  /// Bytes that it holds while it is in flight.
  package let cost: Int
  /// The head of the object, whatever snapshot is asked for.
  package let head: HObject

  /// What it holds of its connection's byte budget, given back with it.
  package var budget: (any AnyObject & Sendable)?
  /// When each step was reached, nanoseconds of the reactor's clock; 0 is not.
  private var stamps: InlineArray<8, UInt64> = .init(repeating: 0)
  package private(set) var step = OpStep.initiated
  /// What it waits for; nil while it does not.
  package internal(set) var waitingFor: StaticString?
  /// Counts among what its shard has in flight.
  var isAdmitted = false
  /// Its place in the tracker; -1 when it is not in flight.
  var place = -1

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
    _ request: MOSDOp, from source: any OpSource, cost: Int, priority: UInt32, at now: Instant
  ) {
    self.request = request
    self.source = source
    self.cost = cost
    self.priority = priority
    reqID =
      request.reqID == .none
      ? ReqID(
        name: source.peer, tid: request.tid,
        incarnation: Int32(truncatingIfNeeded: request.clientIncarnation)) : request.reqID
    kind = RequestClass(request.ops, flags: request.flags)
    head = request.object.isHead ? request.object : request.object.head
    stamps[0] = now.nanoseconds
  }

  /// Whom it is scheduled for.
  var client: UInt64 { UInt64(bitPattern: source.peer.number) }

  func mark(_ step: OpStep, at now: Instant) {
    self.step = step
    waitingFor = nil
    stamps[step.rawValue] = now.nanoseconds
  }

  package func reached(_ step: OpStep) -> Instant? {
    let stamp = stamps[step.rawValue]
    return stamp == 0 ? nil : Instant(nanoseconds: stamp)
  }
}
