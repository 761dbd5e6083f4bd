import Base
import Buffers
import Messages
import ObjectStores
import OpExecution
import RadosTypes
import Scrubbing

/// Digests that a deep scrub writes into objects' information. Ceph: the end of
/// `PrimaryLogScrub::scrub_snapshot_metadata`.
extension PG {
  func writeDigests() {
    let updates = scrub.digests
    scrub.digests = [:]
    for (object, digests) in updates.sorted(by: { $0.key < $1.key }) { write(digests, of: object) }
  }

  /// As a write among others, when nobody writes the object; not of one that is being repaired.
  private func write(_ digests: ScrubComparison.Digests, of object: HObject) {
    guard !peering.isUnreadable(object), !peering.isDegraded(object) else {
      return feedScrub(.updated)
    }
    let context = context(of: object)
    nonisolated(unsafe) let pg = self
    nonisolated(unsafe) let written = context
    let interval = interval
    context.copy {
      guard interval == pg.interval else { return }
      guard written.knowledge != .none else { return pg.write(digests, of: object) }
      if written.isUnreadable || !written.state.exists {
        pg.say(.error, "\(pg.id) \(pg.scrubName) cannot get object context for object \(object)")
        pg.feedScrub(.updated)
      } else {
        pg.commit(digests, written)
      }
      if written.endCopy() { pg.wake(written) }
    }
  }

  private func commit(_ digests: ScrubComparison.Digests, _ context: ObjectContext) {
    var interpreter = OpInterpreter(
      ops: [], state: context.state, object: stored(context.object), collection: collection.id,
      snapContext: SnapContext(), limits: settings.ops)
    _ = interpreter.run()
    interpreter.setDigests(data: digests.data, omap: digests.omap)
    scrub.writes += 1
    let request = MOSDOp(
      pgID: id, object: context.object, ops: [], epoch: map.epoch, flags: [.write, .onDisk],
      tid: scrub.writes)
    nonisolated(unsafe) let pg = self
    let interval = interval
    let source = OwnWrite(osd: settings.whoami, features: .pacific) {
      if interval == pg.interval { pg.feedScrub(.updated) }
    }
    let op = ClientOp(
      request, from: source, cost: 0, priority: scrubPriority(of: scrub.mode),
      at: reactor.clock.now)
    commit(op, context, &interpreter)
  }
}

/// A write that the OSD makes itself: it is told when it is durable everywhere, and does not begin anew in
/// another interval. Confined to its PG's reactor.
final class OwnWrite: OpSource, @unchecked Sendable {
  let peer: EntityName
  let peerAddress = EntityAddress.none
  let features: Features
  private let done: () -> Void

  init(osd: Int32, features: Features, _ done: @escaping () -> Void) {
    peer = EntityName(.osd, Int64(osd))
    self.features = features
    self.done = done
  }

  /// Nobody sends it again.
  var isOpen: Bool { false }
  func reply(_ message: RawMessage) { done() }
  var allowsAll: Bool { true }
  func allows(_ request: CapabilityRequest) -> Bool { true }
}
