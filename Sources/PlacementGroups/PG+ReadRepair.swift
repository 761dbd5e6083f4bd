import OpExecution
import Peering
import RadosTypes

/// A client's read finds this copy of an object damaged: it gets the object from another one, and is
/// answered then.
extension PG {
  /// Ceph: `PrimaryLogPG::rep_repair_primary_object`, `primary_error`.
  func repair(_ object: HObject, _ damage: ReadDamage, for op: ClientOp) {
    if case .digest(let found, let expected) = damage {
      say(
        .error,
        "\(id) full-object read crc 0x\(String(found, radix: 16)) != expected "
          + "0x\(String(expected, radix: 16)) on \(object)")
    }
    shard.release(op)
    if peering.isMissing(object) { return waitForCopy(op) }
    guard peering.isClean, let version = contexts.find(object)?.state.info.version else {
      op.note(.cleanToRepair, at: reactor.clock.now)
      return scrub.waitingForClean.append(op)
    }
    peering.forceMissing(object, version, at: [peering.whoami])
    sayMissing(object)
    waitForCopy(op)
    peering.leave(.clean)
    peering.enter(.repair)
    publishState()
    feed(.doRecovery)
  }

  private func waitForCopy(_ op: ClientOp) {
    op.note(.missingObject, at: reactor.clock.now)
    waitingForObject[op.head, default: []].append(op)
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
