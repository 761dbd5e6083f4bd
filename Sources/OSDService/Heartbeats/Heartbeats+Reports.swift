import Base
import ClusterMaps
import Messages
import RadosTypes

/// What the monitors hear of the peers.
extension Heartbeats {
  func check() {
    let now = now.steady
    for osd in peers.check(at: now) {
      let silent = peers.peers[osd]?.silentSince.map { Int((now - $0).inSeconds) } ?? 0
      log.error(
        .osd, self,
        "heartbeat_check: no reply from \(map.heartbeatFrontAddresses(osd)) osd.\(osd) for \(silent) s"
      )
    }
    let interval = parts.configuration.seconds("osd_mon_report_interval")
    guard lastReport.map({ now - $0 > interval }) ?? true else { return }
    lastReport = now
    send(peers.takeReports(at: now, map))
  }

  /// To a new monitor session.
  func reportAgain() {
    peers.reportAgain()
    send(peers.takeReports(at: now.steady, map))
  }

  /// What was said by an earlier life of this OSD does not count any more.
  func withdrawReports() { send(peers.withdrawReports()) }

  func send(_ reports: [FailureReport]) {
    for report in reports {
      log.write(.osd, 1, self, "reporting osd.\(report.osd) \(report.kind), \(report.seconds) s")
      owner.monitors.send(
        RawMessage(
          encoding: MOSDFailure(
            paxos: PaxosHeader(UInt64(map.epoch)), fsid: owner.identity.cluster, target: report.osd,
            targetAddresses: report.addresses, epoch: map.epoch, flags: report.kind.flags,
            failedFor: report.seconds)))
    }
  }

  /// Nobody listens there any more: the monitors need not wait for others to notice.
  func refused(_ addresses: EntityAddresses) {
    guard parts.configuration.flag("osd_fast_fail_on_connection_refused"), takesPart,
      let address = addresses.first, let osd = map.osd(onAnyChannel: address), map.isUp(osd)
    else { return }
    log.write(.osd, 1, self, "osd.\(osd) refuses connections at \(address)")
    let seconds = Int32(clamping: peers.settings.grace.components.seconds + 1)
    send([
      FailureReport(
        osd: osd, addresses: map.clientAddresses(osd), kind: .refused, seconds: seconds)
    ])
  }
}
