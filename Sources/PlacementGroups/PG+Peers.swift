import Messages
import Peering
import RadosTypes

/// What other OSDs say to this PG.
extension PG {
  func receive(_ message: PeerMessage) {
    // Who asks for it will be answered when it is gone.
    if isDeleting { return lateMessages.append(message) }
    switch message.body {
    case .peering(let event, _): feed(event)
    // What is older than the interval is void: its sender has begun anew too.
    case _ where message.epoch < peering.lastPeeringReset: break
    case .replicate(let order): carryOut(order, from: message.osd)
    case .replicated(let reply): replicated(reply)
    case .log(let order): carryOut(order, from: message.osd)
    case .scrub(let request): refuse(request, from: message.osd)
    case .push(let push): receive(push, from: message.osd)
    case .pull(let pull): receive(pull, from: message.osd)
    case .pushed(let reply): receive(reply)
    case .delete(let delete): receive(delete, from: message.osd)
    case .deleted(let reply): receive(reply)
    case .scan(let scan): receive(scan, from: message.osd)
    case .backfill(let backfill): receive(backfill, from: message.osd)
    case .removeBackfilled(let removal): receive(removal)
    }
  }

  /// Scrubs are not offered: who asks tries again later.
  private func refuse(_ request: MOSDScrubReserve, from osd: Int32) {
    guard request.kind == 0 else { return }
    send(
      MOSDScrubReserve(
        pgID: ShardPGID(id.pgID, shard: request.from.shard), epoch: map.epoch, kind: 3,
        from: peering.whoami),
      to: osd)
  }
}
