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
    case .replicate(let order): carryOut(order, from: message.osd, received: message.times)
    case .replicated(let reply): replicated(reply)
    case .log(let order): carryOut(order, from: message.osd)
    case .scrubPlace(let request): receive(request, from: message.osd)
    case .scrub(let order): receive(order, from: message.osd)
    case .scrubbed(let found): receive(found)
    case .logged(let reply): taken(reply, by: message.osd)
    case .push(let push): receive(push, from: message.osd)
    case .pull(let pull): receive(pull, from: message.osd)
    case .pushed(let reply): receive(reply)
    case .delete(let delete): receive(delete, from: message.osd)
    case .deleted(let reply): receive(reply)
    case .scan(let scan): receive(scan, from: message.osd)
    case .backfill(let backfill): receive(backfill, from: message.osd)
    case .removeBackfilled(let removal): receive(removal, from: message.osd)
    }
  }

  /// This copy cannot do what it has to, and whoever told it to waits for it: the process ends, so that
  /// others take over. Stock OSDs assert there.
  func fail(_ reason: String) {
    shard.log.error(.osd, self, "\(reason): stopping")
    shard.host?.fail()
  }
}
