import RadosTypes

/// A value as `ceph pg query` shows it.
package indirect enum QueryValue: Sendable {
  case text(String)
  case number(Int64)
  case list([QueryValue], item: String)
  case object([(String, QueryValue)])
  case info(PGInfo)
  case missing(Missing)
  case pastIntervals(PastIntervals)
}

/// One of the states of `recovery_state`.
package struct QueriedStage: Sendable {
  /// As Ceph calls it.
  package var name: String
  package var enterTime: UTime
  package var details: [(String, QueryValue)]
}

/// What the states say of themselves. Source: the `react(const QueryState&)` of each.
extension PeeringState {
  /// From the innermost outward. States of Ceph that say nothing are left out.
  package var recoveryState: [QueriedStage] {
    stages.reversed().compactMap { entered in
      guard let details = details(entered.stage) else { return nil }
      return QueriedStage(
        name: entered.stage.description, enterTime: entered.since, details: details)
    }
  }

  private func details(_ stage: PeeringStage) -> [(String, QueryValue)]? {
    switch stage {
    case .started, .reset, .replicaActive: []
    case .getInfo: [("requested_info_from", osds(stageState.infoRequested) { _ in [] })]
    case .getLog: [("auth_log_shard", .text("\(stageState.authLogShard)"))]
    case .getMissing:
      [("peer_missing_requested", osds(stageState.missingRequested) { _ in [] })]
    case .waitUpThru:
      [comment("waiting for osdmap to reflect a new up_thru for this osd")]
    case .waitActingChange: [comment("waiting for pg acting set to change")]
    case .down: [comment("not enough up instances of this PG to go active")]
    case .incomplete: [comment("not enough complete instances of this PG")]
    case .peering: peeringDetails
    case .active: activeDetails
    default: nil
    }
  }

  private func comment(_ text: String) -> (String, QueryValue) { ("comment", .text(text)) }

  private func osds(
    _ members: Set<PGShard>, _ more: (PGShard) -> [(String, QueryValue)]
  ) -> QueryValue {
    .list(
      members.sorted().map { .object([("osd", .text("\($0)"))] + more($0)) }, item: "osd")
  }

  private var peeringDetails: [(String, QueryValue)] {
    let prior = stageState.prior
    var details: [(String, QueryValue)] = [
      ("past_intervals", .list([.pastIntervals(pastIntervals)], item: "past_interval")),
      (
        "probing_osds",
        .list((prior?.probe ?? []).sorted().map { .text("\($0)") }, item: "osd")
      ),
    ]
    if prior?.isDown == true {
      details.append(("blocked", .text("peering is blocked due to down osds")))
    }
    details.append(
      (
        "down_osds_we_would_probe",
        .list((prior?.down ?? []).sorted().map { .number(Int64($0)) }, item: "osd")
      ))
    let blockers = (prior?.blockedBy ?? [:]).sorted { $0.key < $1.key }.map { osd, lostAt in
      QueryValue.object([
        ("osd", .number(Int64(osd))), ("current_lost_at", .number(Int64(lostAt))),
        comment("starting or marking this osd lost may let us proceed"),
      ])
    }
    details.append(("peering_blocked_by", .list(blockers, item: "osd")))
    if stageState.isBoundByHistory {
      let item = QueryValue.object([
        ("detail", .text("peering_blocked_by_history_les_bound"))
      ])
      details.append(("peering_blocked_by_detail", .list([item], item: "item")))
    }
    return details
  }

  private var activeDetails: [(String, QueryValue)] {
    let unfound = osds(mightHaveUnfound) { [("status", .text(self.status(of: $0)))] }
    let targets = backfillTargets.sorted().map { QueryValue.text("\($0)") }
    return [
      ("might_have_unfound", unfound),
      ("recovery_progress", .object([("backfill_targets", .list(targets, item: "replica"))])),
    ]
  }

  /// How far the search for unfound objects has come with somebody.
  package func status(of member: PGShard) -> String {
    if peerMissing[member] != nil { return "already probed" }
    if peerMissingRequested.contains(member) { return "querying" }
    return map.isUp(member.osd) ? "not queried" : "osd is down"
  }
}
