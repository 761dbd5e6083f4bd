import Base
import Messages
import Peering
import RadosTypes

/// What `dump_ops_in_flight` and its kin know of an op, whoever sent it.
///
/// Made where it arrives, then confined to its PG's reactor. Ceph: `TrackedOp`.
package class TrackedOp: @unchecked Sendable {
  package final var trace: OpTrace
  /// It was not taken up at once, but stood in a queue or had to wait for something.
  final var hasWaited = false
  /// Its place in the tracker; -1 when it is not in flight.
  final var place = -1
  /// The other copies that were told, in the order of the PG's.
  package final var copies: [PGShard] = []

  init(_ times: MessageTimes, dispatched now: Instant) {
    let header = times.headerRead == 0 ? now : Instant(nanoseconds: times.headerRead)
    trace = OpTrace(began: header)
    trace.note(.throttled, at: header)
    trace.note(.headerRead, at: header)
    trace.note(.allRead, at: times.allRead == 0 ? now : Instant(nanoseconds: times.allRead))
    trace.note(.dispatched, at: now)
    if Self.isTraced { probeArrival() }
  }

  /// As the message prints itself.
  package var summary: String { preconditionFailure("\(type(of: self)) has no summary") }

  package var origin: Origin { preconditionFailure("\(type(of: self)) has no origin") }

  /// The pool that it is in.
  package var pool: Int64 { preconditionFailure("\(type(of: self)) has no pool") }

  var facts: Facts { preconditionFailure("\(type(of: self)) has no facts") }

  /// Who asked for it, with which number.
  package struct Origin: Sendable {
    package var name: EntityName
    package var address: EntityAddress
    package var tid: UInt64

    package init(name: EntityName, address: EntityAddress, tid: UInt64) {
      self.name = name
      self.address = address
      self.tid = tid
    }
  }

  @inline(__always)
  final func note(_ event: OpEvent, _ argument: UInt8 = 0, at now: Instant) {
    trace.note(event, argument, at: now)
    if Self.isTraced { probe(event, argument, at: now) }
  }

  final func note(_ delay: OpDelay, at now: Instant) {
    hasWaited = true
    note(.delayed, delay.rawValue, at: now)
  }

  /// What is kept of it when it is over.
  final var record: OpRecord {
    OpRecord(summary: summary, origin: origin, pool: pool, trace: trace, copies: copies)
  }
}

/// A primary's order to this replica, until it is answered.
final class SubOp: TrackedOp, @unchecked Sendable {
  private let osd: Int32
  private let reqID: ReqID
  private let pgID: ShardPGID
  private let epochs: (map: UInt32, least: UInt32)
  private let object: HObject
  private let version: EVersion
  private let minLastComplete: EVersion
  private let tid: UInt64
  private let bytes: Int

  init(_ order: MOSDRepOp, from osd: Int32, _ times: MessageTimes, at now: Instant) {
    self.osd = osd
    reqID = order.reqID
    pgID = order.pgID
    epochs = (order.epoch, order.minEpoch)
    object = order.object
    version = order.version
    minLastComplete = order.minLastCompleteOnDisk
    tid = order.tid
    bytes = order.transaction.count
    super.init(
      times, dispatched: times.dispatched == 0 ? now : Instant(nanoseconds: times.dispatched))
  }

  /// As `MOSDRepOp` prints itself.
  override var summary: String {
    "osd_repop(\(reqID) \(pgID) e\(epochs.map)/\(epochs.least) \(object) v \(version), "
      + "mlcod=\(minLastComplete))"
  }

  override var pool: Int64 { pgID.pool }

  override var facts: Facts {
    Facts(
      client: reqID.name.number, tid: reqID.tid, bytes: bytes, writes: true, isReplica: true)
  }

  override var origin: Origin {
    Origin(name: EntityName(.osd, Int64(osd)), address: .none, tid: tid)
  }
}
