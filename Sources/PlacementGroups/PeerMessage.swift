import Messages
import Peering
import RadosTypes
import Wire

/// What another OSD says to a PG, on its way from the connection's reactor to the PG's.
///
/// It is taken when this OSD has the sender's map, and dropped when the sender is not the process any
/// more that the map knows.
package struct PeerMessage: Sendable {
  package let osd: Int32
  package let pgID: ShardPGID
  /// The sender's map.
  package let epoch: UInt32
  let body: Body
  package var times = MessageTimes()

  enum Body: Sendable {
    case peering(PGPeeringEvent, origin: PGOrigin?)
    case replicate(MOSDRepOp)
    case replicated(MOSDRepOpReply)
    case log(MOSDPGUpdateLogMissing)
    case scrubPlace(MOSDScrubReserve)
    case scrub(MOSDRepScrub)
    case scrubbed(MOSDRepScrubMap)
    case logged(MOSDPGUpdateLogMissingReply)
    case push(MOSDPGPush)
    case pull(MOSDPGPull)
    case pushed(MOSDPGPushReply)
    case delete(MOSDPGRecoveryDelete)
    case deleted(MOSDPGRecoveryDeleteReply)
    case scan(MOSDPGScan)
    case backfill(MOSDPGBackfill)
    case removeBackfilled(MOSDPGBackfillRemove)
  }

  private init(_ osd: Int32, _ pgID: ShardPGID, _ epoch: UInt32, _ body: Body) {
    self.osd = osd
    self.pgID = pgID
    self.epoch = epoch
    self.body = body
  }

  private init(_ osd: Int32, _ pgID: ShardPGID, _ event: PGPeeringEvent, _ origin: PGOrigin? = nil)
  {
    self.init(osd, pgID, event.epochSent, .peering(event, origin: origin))
  }

  /// What a message says, to one PG or to several; nil if it is none that OSDs send to PGs.
  package static func decode(
    _ message: RawMessage, from osd: Int32
  ) throws(DecodeError) -> [PeerMessage]? {
    switch message.type {
    case .osdRepOp:
      let order = try message.decode(MOSDRepOp.self)
      return [PeerMessage(osd, order.pgID, order.epoch, .replicate(order))]
    case .osdRepOpReply:
      let reply = try message.decode(MOSDRepOpReply.self)
      return [PeerMessage(osd, reply.pgID, reply.epoch, .replicated(reply))]
    case .osdPGUpdateLogMissing:
      let order = try message.decode(MOSDPGUpdateLogMissing.self)
      return [PeerMessage(osd, order.pgID, order.epoch, .log(order))]
    case .osdPGUpdateLogMissingReply:
      let reply = try message.decode(MOSDPGUpdateLogMissingReply.self)
      return [PeerMessage(osd, reply.pgID, reply.epoch, .logged(reply))]
    case .osdScrubReserve:
      let request = try message.decode(MOSDScrubReserve.self)
      return [PeerMessage(osd, request.pgID, request.epoch, .scrubPlace(request))]
    case .osdRepScrub:
      let order = try message.decode(MOSDRepScrub.self)
      return [PeerMessage(osd, order.pgID, order.epoch, .scrub(order))]
    case .osdRepScrubMap:
      let found = try message.decode(MOSDRepScrubMap.self)
      return [PeerMessage(osd, found.pgID, found.epoch, .scrubbed(found))]
    case .osdPGRemove:
      let removal = try message.decode(MOSDPGRemove.self)
      return removal.pgs.map {
        PeerMessage(osd, $0, PGPeeringEvent(at: removal.epoch, .deleteStart))
      }
    // The answer of an OSD that does not have the PG still comes in this form.
    case .osdPGNotify:
      return try message.decode(MOSDPGNotify.self).notifies.map {
        notified(MOSDPGNotify2(pgID: ShardPGID($0.info.pgID.pgID, shard: $0.to), notify: $0), osd)
      }
    default:
      if let said = try peering(message, osd) { return [said] }
      return try recovery(message, osd).map { [$0] }
    }
  }

  private static func notified(_ notify: MOSDPGNotify2, _ osd: Int32) -> PeerMessage {
    PeerMessage(osd, notify.pgID, PGPeeringEvent(notify, from: osd), PGOrigin(notify.notify))
  }

  private static func peering(
    _ message: RawMessage, _ osd: Int32
  ) throws(DecodeError) -> PeerMessage? {
    switch message.type {
    case .osdPGNotify2: return notified(try message.decode(MOSDPGNotify2.self), osd)
    case .osdPGQuery2:
      let query = try message.decode(MOSDPGQuery2.self)
      return PeerMessage(osd, query.pgID, PGPeeringEvent(query, from: osd))
    case .osdPGInfo2:
      let info = try message.decode(MOSDPGInfo2.self)
      return PeerMessage(osd, info.pgID, PGPeeringEvent(info, from: osd))
    case .osdPGLog:
      let log = try message.decode(MOSDPGLog.self)
      let pgID = ShardPGID(log.info.pgID.pgID, shard: log.to)
      return PeerMessage(osd, pgID, PGPeeringEvent(log, from: osd), PGOrigin(log))
    case .osdPGTrim:
      let trim = try message.decode(MOSDPGTrim.self)
      return PeerMessage(osd, trim.pgID, PGPeeringEvent(trim, from: osd))
    case .osdPGLease:
      let lease = try message.decode(MOSDPGLease.self)
      return PeerMessage(osd, lease.pgID, PGPeeringEvent(lease, from: osd))
    case .osdPGLeaseAck:
      let ack = try message.decode(MOSDPGLeaseAck.self)
      return PeerMessage(osd, ack.pgID, PGPeeringEvent(ack, from: osd))
    case .osdRecoveryReserve:
      let reserve = try message.decode(MRecoveryReserve.self)
      guard let event = PGPeeringEvent(reserve, from: osd) else {
        throw .invalid("MRecoveryReserve of kind \(reserve.kind)")
      }
      return PeerMessage(osd, reserve.pgID, event)
    case .osdBackfillReserve:
      let reserve = try message.decode(MBackfillReserve.self)
      guard let event = PGPeeringEvent(reserve, from: osd) else {
        throw .invalid("MBackfillReserve of kind \(reserve.kind)")
      }
      return PeerMessage(osd, reserve.pgID, event)
    default: return nil
    }
  }

  private static func recovery(
    _ message: RawMessage, _ osd: Int32
  ) throws(DecodeError) -> PeerMessage? {
    switch message.type {
    case .osdPGPush:
      let push = try message.decode(MOSDPGPush.self)
      return PeerMessage(osd, push.pgID, push.epoch, .push(push))
    case .osdPGPull:
      let pull = try message.decode(MOSDPGPull.self)
      return PeerMessage(osd, pull.pgID, pull.epoch, .pull(pull))
    case .osdPGPushReply:
      let reply = try message.decode(MOSDPGPushReply.self)
      return PeerMessage(osd, reply.pgID, reply.epoch, .pushed(reply))
    case .osdPGRecoveryDelete:
      let delete = try message.decode(MOSDPGRecoveryDelete.self)
      return PeerMessage(osd, delete.pgID, delete.epoch, .delete(delete))
    case .osdPGRecoveryDeleteReply:
      let reply = try message.decode(MOSDPGRecoveryDeleteReply.self)
      return PeerMessage(osd, reply.pgID, reply.epoch, .deleted(reply))
    case .osdPGScan:
      let scan = try message.decode(MOSDPGScan.self)
      return PeerMessage(osd, scan.pgID, scan.epoch, .scan(scan))
    case .osdPGBackfill:
      let backfill = try message.decode(MOSDPGBackfill.self)
      return PeerMessage(osd, backfill.pgID, backfill.epoch, .backfill(backfill))
    case .osdPGBackfillRemove:
      let removal = try message.decode(MOSDPGBackfillRemove.self)
      return PeerMessage(osd, removal.pgID, removal.epoch, .removeBackfilled(removal))
    default: return nil
    }
  }
}

/// What a PG begins with on an OSD that has never had it: from a peer who knows it. Ceph: `PGCreateInfo`.
struct PGOrigin: Sendable {
  /// The map at which it is made; later ones follow.
  var epoch: UInt32
  var history: PGHistory
  var pastIntervals: PastIntervals

  init(epoch: UInt32, history: PGHistory, pastIntervals: PastIntervals = PastIntervals()) {
    self.epoch = epoch
    self.history = history
    self.pastIntervals = pastIntervals
  }

  init(_ notify: PGNotify) {
    self.init(
      epoch: notify.queryEpoch, history: notify.info.history, pastIntervals: notify.pastIntervals)
  }

  init(_ log: MOSDPGLog) {
    self.init(epoch: log.queryEpoch, history: log.info.history, pastIntervals: log.pastIntervals)
  }
}
