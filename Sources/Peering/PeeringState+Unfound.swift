import Messages
import RadosTypes

/// Objects that nobody who acts has in the version that is needed: who else might.
extension PeeringState {
  /// What a member lacks by its log and by what it says. Source: `PeeringState::proc_replica_log`.
  func judge(_ message: MOSDPGLog, from member: PGShard) {
    var theirs = message.info
    var lacks = MissingSet(message.missing)
    log.judgeReplica(&theirs, message.log, &lacks)
    lacks.didPersist()
    peerInfo[member] = theirs
    mightHaveUnfound.insert(member)
    peerMissing[member] = lacks
  }

  package var unfoundCount: Int { missingLocation.unfoundCount(predicates) }
  package var hasUnfound: Bool { missingLocation.hasUnfound(predicates) }

  /// Whether the member has something that was being looked for; if so it is told what it is for.
  @discardableResult
  func searchForMissing(at member: PGShard) -> Bool {
    guard let theirs = peerInfo[member], let lacks = peerMissing[member] else { return false }
    let before = unfoundCount
    let found = missingLocation.addSource(member, theirs, lacks)
    if found, before != unfoundCount {
      publishStats()
      actions.append(.missingChanged)
    }
    if found, theirs.lastUpdate != .zero {
      var ours = theirs
      ours.pgID.shard = whoami.shard
      sendInfo(ours, to: member)
    }
    return found
  }

  /// Asks all who might have what is unfound and have not been asked; whether there was anybody.
  @discardableResult
  package func discoverAllMissing() -> Bool {
    var any = false
    for member in mightHaveUnfound.sorted() where shouldAsk(member) {
      peerMissingRequested.insert(member)
      sendQuery(.fullLog, to: member)
      any = true
    }
    return any
  }

  private func shouldAsk(_ member: PGShard) -> Bool {
    guard map.isUp(member.osd), member != whoami, !peerPurged.contains(member) else { return false }
    if let theirs = peerInfo[member], theirs.isEmpty || theirs.isUnborn { return false }
    return peerMissing[member] == nil && !peerLogRequested.contains(member)
      && !peerMissingRequested.contains(member)
  }

  func buildMightHaveUnfound() {
    mightHaveUnfound = pastIntervals.allParticipants.union(peerInfo.keys)
    mightHaveUnfound.remove(whoami)
  }

  /// Whether there is nobody left who could have what is unfound and has not been heard.
  package var areAllUnfoundQueriedOrLost: Bool {
    mightHaveUnfound.allSatisfy { member in
      if peerMissing[member] != nil { return true }
      if let theirs = peerInfo[member], theirs.isEmpty || theirs.isUnborn { return true }
      guard map.exists(member.osd) else { return true }
      let known = map.info(member.osd)
      return known.lostAt > known.upFrom
    }
  }

  package var needsRecovery: Bool {
    if !missing.isEmpty { return true }
    return actingRecoveryBackfill.contains { $0 != primary && peerMissing[$0]?.isEmpty == false }
  }

  package var needsBackfill: Bool {
    backfillTargets.contains { peerInfo[$0]?.lastBackfill.isMax == false }
  }
}
