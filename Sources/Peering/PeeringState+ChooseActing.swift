import ClusterMaps
import RadosTypes

/// Whether those who act are those who should. Source: `PeeringState::choose_acting`.
extension PeeringState {
  /// Whose log is right, if the acting set can stay. Nil: another one has been asked for (`wantActing`)
  /// or, if that is empty, nobody can act.
  ///
  /// `onlyAsks` leaves the targets as they are when nothing needs to change.
  @discardableResult
  func chooseActing(
    restrictedToUpActing: Bool = false, onlyAsks: Bool = false, isBoundByHistory: inout Bool
  ) -> PGShard? {
    var choice = ActingChoice(
      whoami: whoami, pool: pool, placement: placement, upPrimary: upPrimary, infos: allInfo,
      settings: settings)
    choice.isRestrictedToUpActing = restrictedToUpActing
    guard let best = choice.bestInfo(isBoundByHistory: &isBoundByHistory) else {
      if up != acting {
        wantActing = up
        actions.append(.wantPGTemp([]))
      } else {
        wantActing = []
      }
      return nil
    }
    var result = choose(choice, best)
    guard isRecoverable(result.want) else {
      wantActing = []
      return nil
    }
    let async = chooseAsyncRecovery(&result.want, best, choice)
    while result.want.count > Int(pool.size) { result.want.removeLast() }
    guard result.want == acting else {
      want(result)
      return nil
    }
    if !onlyAsks { take(result, async) }
    return best
  }

  private var allInfo: [PGShard: PGInfo] {
    var all = peerInfo
    all[whoami] = info
    return all
  }

  private func choose(_ choice: ActingChoice, _ best: PGShard) -> ActingChoice.Result {
    pool.isErasure ? choice.erasure(best: best) : choice.replicated(best: best)
  }

  private func want(_ result: ActingChoice.Result) {
    wantActing = result.want
    debug(10, "wants \(wantActing) to act, not \(acting)")
    if wantActing == up {
      precondition(
        result.backfill.isEmpty, "\(id): \(result.backfill) shall be backfilled, but all act")
      actions.append(.wantPGTemp([]))
    } else {
      actions.append(.wantPGTemp(wantActing))
    }
  }

  private func take(_ result: ActingChoice.Result, _ async: Set<PGShard>) {
    wantActing = []
    actingRecoveryBackfill = result.actingBackfill
    if backfillTargets.isEmpty { backfillTargets = result.backfill }
    if asyncRecoveryTargets.isEmpty || !needsRecovery { asyncRecoveryTargets = async }
  }

  private func isRecoverable(_ want: [Int32]) -> Bool {
    let have = pool.shards(of: want)
    if have.count < Int(pool.minSize), !settings.allowRecoveryBelowMinSize { return false }
    return predicates.isRecoverable(have)
  }

  /// Those who lack much leave the acting set and recover while the others serve, the worst first, as
  /// long as enough are left.
  ///
  /// Source: `choose_async_recovery_replicated`, `choose_async_recovery_ec`.
  private func chooseAsyncRecovery(
    _ want: inout [Int32], _ best: PGShard, _ choice: ActingChoice
  ) -> Set<PGShard> {
    var chosen: Set<PGShard> = []
    for member in asyncCandidates(want, best, choice) {
      var left = want
      if pool.isErasure {
        left[Int(member.shard)] = PGShard.noOSD
        guard isRecoverable(left) else { continue }
      } else {
        guard want.count > Int(pool.minSize) else { break }
        left.removeAll { $0 == member.osd }
        guard pool.canPeer(left, in: map.crush) else { continue }
      }
      want = left
      chosen.insert(member)
    }
    return chosen
  }

  /// By what they lack, most first. Only those who are up: others would be strays then.
  private func asyncCandidates(
    _ want: [Int32], _ best: PGShard, _ choice: ActingChoice
  ) -> [PGShard] {
    let auth = choice.info(best)
    let members = pool.shards(of: want).filter { !straySet.contains($0) && isUp($0) }
    let costs = members.map { member in
      let theirs = choice.info(member)
      // Erasure-coded shards that are ahead undo that by themselves.
      let isAhead = pool.isErasure && theirs.lastUpdate.version > auth.lastUpdate.version
      let cost =
        isAhead
        ? UInt64(max(0, theirs.stats.sum.objectsMissing))
        : choice.approximatelyMissing(theirs, auth)
      return (cost: cost, member: member)
    }
    return costs.filter { $0.cost > settings.asyncRecoveryMinCost }
      .sorted { $0.cost != $1.cost ? $0.cost > $1.cost : $0.member > $1.member }.map(\.member)
  }
}
