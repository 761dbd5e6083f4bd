import Base
import Peering
import Replication

/// A backfill that ends early: no target is told so while another has not answered a scan.
///
/// A stock target that is scanned and has no room says so to itself first, by an event, and aborts if the
/// end of its reservation (RELEASE) comes before that: `RepNotRecovering` has no reaction to
/// `BackfillTooFull`. Several targets of one backfill may well be full together, so that the answer of one
/// would end another. Ceph 16.2: `PrimaryLogPG::do_scan`, `PeeringState.h`.
extension PG {
  /// Whether a backfill is to end by this event, and has to wait for scans first; the event then comes
  /// again. Nothing new begins meanwhile.
  func awaitsScans(before event: PGPeeringEvent) -> Bool {
    guard event.event.endsBackfillEarly, state.contains(.backfilling), !peering.isOld(event) else {
      return false
    }
    // Any other end of a reservation leaves the scan to be answered.
    if case .remoteReservationRevokedTooFull(let target) = event.event {
      recovery.plan?.refused(by: target.osd)
    }
    guard recovery.plan?.awaitsScans == true || !recovery.endings.isEmpty else { return false }
    recovery.stop()
    recovery.endings.append(event)
    endIfScanned()
    return true
  }

  /// What was to end the backfill does so, in its order, when there is no scan left to be answered.
  func endIfScanned() {
    guard recovery.plan?.awaitsScans == false else { return }
    for event in recovery.endings.takeAll() { feed(event) }
  }
}
