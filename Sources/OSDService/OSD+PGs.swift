import Base
import Messages
import Peering
import PlacementGroups
import RadosTypes

/// What PGs and monitors want of each other, by way of this OSD.
extension OSD {
  /// The monitor asks for new PGs; those of an epoch that is not here yet wait for it.
  func createPGs(_ message: MOSDPGCreate2) {
    monitors.got("osd_pg_creates", UInt64(message.epoch))
    creationsWaiting.append(message)
    createWaitingPGs()
  }

  func createWaitingPGs() {
    let ready = creationsWaiting.filter { $0.epoch <= map.epoch }
    creationsWaiting.removeAll { $0.epoch <= map.epoch }
    for message in ready {
      shards.create(
        message.pgs.sorted { $0.key < $1.key }.map { pgID, creation in
          guard let origin = message.origins[pgID] else {
            return PGCreation(pgID: pgID, epoch: creation.epoch, stamp: creation.stamp)
          }
          return PGCreation(
            pgID: pgID, epoch: message.epoch, history: origin.history,
            pastIntervals: origin.pastIntervals)
        })
    }
  }

  /// Asks for another acting set, once for each epoch and wish (`OSDService::send_pg_temp`).
  func wantPGTemp(_ pgID: PGID, _ acting: [Int32]?) {
    guard let acting else {
      reports.pgTemps[pgID] = nil
      return
    }
    guard reports.pgTemps[pgID] != acting else { return }
    reports.pgTemps[pgID] = acting
    sendPGTemps([pgID: acting])
  }

  private func sendPGTemps(_ wishes: [PGID: [Int32]]) {
    guard state == .active, !wishes.isEmpty else { return }
    log.write(.osd, 10, self, "pg_temp \(wishes)")
    monitors.send(
      RawMessage(
        encoding: MOSDPGTemp(
          paxos: PaxosHeader(UInt64(map.epoch)), epoch: map.epoch, wanted: wishes)))
  }

  func mergeReadiness(_ pgID: PGID, _ readiness: MergeReadiness) {
    reports.merges.note(pgID, readiness)
    sendMergeReports()
  }

  private func sendMergeReports() {
    guard state == .active else { return }
    for report in reports.merges.take(epoch: map.epoch) {
      let readiness = report.isReady ? "ready" : "not ready"
      log.write(.osd, 5, self, "pg \(report.pgID) is \(readiness) to be merged")
      monitors.send(RawMessage(encoding: report))
    }
  }

  func wantMap(_ epoch: UInt32) {
    guard epoch > map.epoch else { return }
    monitors.subscribe(to: "osdmap", from: UInt64(map.epoch) + 1)
  }

  /// Asks once an epoch for the greatest that any PG wants (`OSD::queue_want_up_thru`).
  func wantUpThrough(_ epoch: UInt32) {
    guard map.upThrough(identity.whoami) < epoch, epoch > reports.upThroughWanted else { return }
    reports.upThroughWanted = epoch
    sendAlive()
  }

  func sendAlive() {
    let want = reports.upThroughWanted
    guard state == .active, want > map.upThrough(identity.whoami) else { return }
    log.write(.osd, 5, self, "asking for up_thru \(want)")
    monitors.send(
      RawMessage(encoding: MOSDAlive(paxos: PaxosHeader(UInt64(map.epoch)), want: want)))
  }

  /// Told again to every new monitor session until a map shows that the pool is made.
  func pgCreated(_ pgID: PGID) {
    reports.pgsCreated.insert(pgID)
    monitors.send(RawMessage(encoding: MOSDPGCreated(pgID: pgID)))
  }

  func forgetCreatedPGs() {
    reports.pgsCreated = reports.pgsCreated.filter {
      map.pool($0.pool)?.flags.contains(.creating) == true
    }
  }

  /// After the loss of a monitor session: what it may not have heard.
  func requestsAgain() {
    sendAlive()
    sendPGTemps(reports.pgTemps)
    reports.merges.reportAgain()
    sendMergeReports()
    for pgID in reports.pgsCreated.sorted() {
      monitors.send(RawMessage(encoding: MOSDPGCreated(pgID: pgID)))
    }
    reports.fullStateSent = nil
    fullStateChanged()
  }
}
