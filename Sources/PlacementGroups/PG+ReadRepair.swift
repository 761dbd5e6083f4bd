import OpExecution
import Peering
import RadosTypes

/// A client's read finds this copy of an object damaged: it gets the object from another one, and is
/// answered then.
extension PG {
  /// Ceph: `PrimaryLogPG::rep_repair_primary_object`, `primary_error`.
  func repair(_ context: ObjectContext, _ damage: ReadDamage, for op: ClientOp) {
    let object = context.object
    if case .digest(let found, let expected) = damage {
      say(
        .error,
        "\(id) full-object read crc 0x\(String(found, radix: 16)) != expected "
          + "0x\(String(expected, radix: 16)) on \(object)")
    }
    guard peering.isClean else { return waitForClean(op, at: context) }
    peering.leave(.clean)
    peering.enter(.repair)
    peering.forceMissing(object, context.state.info.version, at: [peering.whoami])
    sayMissing(object)
    // It waits for the copy with all others at the object, in its place.
    context.hold(op)
    startOver(at: object)
    publishState()
    feed(.doRecovery)
  }

  /// Reads may be overtaken, as in stock: others may ask for what can be read. Writes are not.
  private func waitForClean(_ op: ClientOp, at context: ObjectContext) {
    shard.release(op)
    op.note(.cleanToRepair, at: reactor.clock.now)
    guard op.kind.isWriteOrdered else { return scrub.waitingForClean.append(op) }
    let (object, behind) = (context.object, context.takeWaiting())
    for op in behind { shard.release(op) }
    waitingForObject[object] = [op] + behind + (waitingForObject[object] ?? [])
  }

  private func sayMissing(_ object: HObject) {
    let places = peering.missingLocation.locations[object] ?? []
    let others = places.filter { $0 != peering.whoami }.sorted().map(\.description)
    say(
      .error,
      "\(id) missing primary copy of \(object), "
        + (others.isEmpty
          ? "unfound" : "will try copies on \(others.joined(separator: ","))"))
  }
}
