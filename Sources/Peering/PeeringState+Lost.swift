import RadosTypes

/// Objects that nobody who can be asked has in the version that is needed, and that people give up.
extension PeeringState {
  /// In order.
  package var unfoundObjects: [(object: HObject, item: MissingItem)] {
    missingLocation.needsRecovery.filter { missingLocation.isUnfound($0.key, predicates) }
      .map { ($0.key, $0.value) }.sorted { $0.object < $1.object }
  }

  /// The newest version of a missing object that one of those who get the writes has; zero: none has any.
  ///
  /// Source: `PrimaryLogPG::pick_newest_available`.
  package func newestAvailable(_ object: HObject) -> EVersion {
    let others = actingRecoveryBackfill.filter { $0 != whoami }.map { peerMissing[$0]?[object] }
    return (others + [missing[object]]).compactMap { $0?.have }.max() ?? .zero
  }

  /// Primary: entries that give objects up. All who get the writes lack them in the new version.
  ///
  /// Source: `PeeringState::merge_new_log_entries`.
  package func appendLost(_ entries: [PGLogEntry]) {
    appendWithoutChange(entries, trimTo: trimTo)
    for member in actingRecoveryBackfill where member != whoami { noteLost(entries, at: member) }
    for entry in entries { rebuildLocation(of: entry.object) }
  }

  private func noteLost(_ entries: [PGLogEntry], at member: PGShard) {
    for entry in entries where entry.object <= peerInfo[member]?.lastBackfill ?? .max {
      peerMissing[member, default: MissingSet()].addNext(entry)
    }
    peerMissing[member]?.didPersist()
    peerInfo[member]?.lastUpdate = info.lastUpdate
    peerInfo[member]?.stats.statsInvalid = true
  }

  /// The entry by which a missing object is to become what it was, if it is so.
  package func reversion(of object: HObject) -> PGLogEntry? {
    guard let item = missing[object], let entry = log.entry(at: item.need),
      entry.operation == .lostRevert
    else { return nil }
    return entry
  }

  /// Who can give the object as it is to be reverted to; they lack it as it is needed. Source:
  /// `set_revert_with_targets`.
  package func holders(of object: HObject, at version: EVersion) -> Set<PGShard> {
    Set(peerMissing.filter { $0.value[object]?.have == version }.keys)
  }

  /// The object is here as it was in this version.
  package func gotReversion(of object: HObject, to version: EVersion) {
    missing.reviseHave(object, version)
    markDirty()
  }

  /// Whom else one might ask for what is unfound, and why that has not helped.
  package var openSources: [(member: PGShard, status: String)] {
    mightHaveUnfound.sorted().filter { peerMissing[$0] == nil }.map { member in
      if peerMissingRequested.contains(member) { return (member, "querying") }
      return (member, map.isUp(member.osd) ? "not queried" : "osd is down")
    }
  }
}
