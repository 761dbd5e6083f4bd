import ClusterMaps
import RadosTypes

/// The machine itself: who reacts to an event, and how one gets from a state to another.
///
/// As in Boost's statechart, which Ceph uses: the innermost state reacts first and may pass an event
/// on; leaving goes from the inside out, entering from the outside in; events posted meanwhile come
/// when the reaction is over.
extension PeeringState {
  /// Takes an event and says what to do about it.
  package func handle(_ event: PGPeeringEvent, at now: PeeringTime) -> [PeeringAction] {
    self.now = now
    if !isOld(event) {
      process(event.event)
    } else {
      debug(10, "drops old \(event.event.name) of \(event.epochSent)/\(event.epochRequested)")
    }
    return takeActions()
  }

  /// Whether it is of an interval before, and dropped.
  package func isOld(_ event: PGPeeringEvent) -> Bool {
    switch event.event {
    case .initialize, .advanceMap, .activateMap: false
    default: lastPeeringReset > event.epochSent || lastPeeringReset > event.epochRequested
    }
  }

  private func process(_ event: PeeringEvent) {
    switch event {
    case .advanceMap(let next, _): begin(next)
    default: break
    }
    dispatch(.outer(event))
    while let next = posted.popFirst() { dispatch(next) }
    switch event {
    case .advanceMap: endMap()
    case .activateMap: markStale()
    default: break
    }
  }

  /// All that has been decided, what is to be written last.
  func takeActions() -> [PeeringAction] {
    changes.log.missing.formUnion(missing.changed)
    missing.didPersist()
    if !changes.isEmpty {
      actions.append(.persist(changes))
      changes = PeeringChanges()
    }
    let taken = actions
    actions = []
    return taken
  }

  func post(_ event: InnerEvent) { posted.append(event) }
  func post(_ event: PeeringEvent) { posted.append(.outer(event)) }

  func debug(_ level: Int, _ text: @autoclosure () -> String) {
    if level <= settings.debugLevel { actions.append(.log(.debug(level), text())) }
  }

  private func dispatch(_ event: InnerEvent) {
    var at: PeeringStage? = stage
    while let stage = at {
      if react(stage, event) { return }
      at = stage.parent
    }
    // From a peer, or too late: nothing that could hurt.
    debug(1, "\(stage) has no use for \(event)")
  }

  /// The innermost state.
  package var stage: PeeringStage {
    stages.last?.stage ?? .initial
  }

  /// True when the event needs no one else; false passes it on to the state around.
  private func react(_ stage: PeeringStage, _ event: InnerEvent) -> Bool {
    switch stage {
    case .initial: initial(event)
    case .reset: reset(event)
    case .started: started(event)
    case .start: start(event)
    case .primary: primary(event)
    case .waitActingChange: waitActingChange(event)
    case .peering: peering(event)
    case .getInfo: getInfo(event)
    case .getLog: getLog(event)
    case .getMissing: getMissing(event)
    case .waitUpThru: waitUpThru(event)
    case .down: down(event)
    case .incomplete: incomplete(event)
    case .active: active(event)
    case .activating: activating(event)
    case .clean: clean(event)
    case .recovered: recovered(event)
    case .waitLocalRecoveryReserved: waitLocalRecoveryReserved(event)
    case .waitRemoteRecoveryReserved: waitRemoteRecoveryReserved(event)
    case .recovering: recovering(event)
    case .notRecovering: notRecovering(event)
    case .waitLocalBackfillReserved: waitLocalBackfillReserved(event)
    case .waitRemoteBackfillReserved: waitRemoteBackfillReserved(event)
    case .backfilling: backfilling(event)
    case .notBackfilling: notBackfilling(event)
    case .replicaActive: replicaActive(event)
    case .repNotRecovering: repNotRecovering(event)
    case .repRecovering: repRecovering(event)
    case .repWaitRecoveryReserved: repWaitRecoveryReserved(event)
    case .repWaitBackfillReserved: repWaitBackfillReserved(event)
    case .stray: stray(event)
    case .toDelete: toDelete(event)
    case .waitDeleteReserved: waitDeleteReserved(event)
    case .deleting: deleting(event)
    }
  }

  /// Leaves what `target` is not in, and enters it. Reached from within itself, it is left first.
  @discardableResult
  func transit(to target: PeeringStage) -> Bool {
    let path = target.path
    var common = 0
    while common < path.count - 1, common < stages.count, stages[common].stage == path[common] {
      common += 1
    }
    while stages.count > common, let last = stages.last {
      exit(last.stage)
      stageHistory.left(last, at: now.wall, epoch: map.epoch)
      stages.removeLast()
      debug(5, "exit \(last.stage)")
    }
    for stage in path[common...] { enter(stage) }
    var inner = target.initialChild
    while let stage = inner {
      enter(stage)
      inner = stage.initialChild
    }
    return true
  }

  private func enter(_ stage: PeeringStage) {
    stages.append(EnteredStage(stage: stage, since: now.wall))
    stageHistory.entered(stage)
    debug(5, "enter \(stage)")
    entered(stage)
  }

  private func entered(_ stage: PeeringStage) {
    switch stage {
    case .initial, .started, .activating, .waitActingChange, .waitUpThru: break
    case .repNotRecovering, .repRecovering, .replicaActive: break
    case .repWaitRecoveryReserved, .repWaitBackfillReserved, .toDelete: break
    case .reset: resetPeering()
    case .start: post(isPrimary ? .makePrimary : .makeStray)
    case .primary: enterPrimary()
    case .peering: enterPeering()
    case .getInfo: enterGetInfo()
    case .getLog: enterGetLog()
    case .getMissing: enterGetMissing()
    case .down: enterDown()
    case .incomplete: enterIncomplete()
    case .active: enterActive()
    case .clean: enterClean()
    case .recovered: enterRecovered()
    case .waitLocalRecoveryReserved: enterWaitLocalRecoveryReserved()
    case .waitRemoteRecoveryReserved: enterWaitRemoteRecoveryReserved()
    case .recovering: enterRecovering()
    case .notRecovering, .notBackfilling: enterNotRecovering()
    case .waitLocalBackfillReserved: enterWaitLocalBackfillReserved()
    case .waitRemoteBackfillReserved: enterWaitRemoteBackfillReserved()
    case .backfilling: enterBackfilling()
    case .stray: enterStray()
    case .waitDeleteReserved: enterWaitDeleteReserved()
    case .deleting: enterDeleting()
    }
  }

  private func exit(_ stage: PeeringStage) {
    switch stage {
    case .initial, .reset, .start, .waitActingChange, .waitUpThru, .activating, .recovered: break
    case .waitLocalRecoveryReserved, .waitRemoteRecoveryReserved: break
    case .waitLocalBackfillReserved, .waitRemoteBackfillReserved: break
    case .repNotRecovering, .repWaitRecoveryReserved, .repWaitBackfillReserved, .stray: break
    case .waitDeleteReserved: break
    case .started: state.subtract([.wait, .laggy])
    case .primary: exitPrimary()
    case .peering: exitPeering()
    case .getInfo, .getLog, .getMissing: blockedBy = []
    case .down:
      state.remove(.down)
      blockedBy = []
    case .incomplete:
      state.remove(.incomplete)
      blockedBy = []
    case .active: exitActive()
    case .clean: state.remove(.clean)
    case .recovering: state.remove(.recovering)
    case .backfilling: state.subtract([.backfilling, .forcedBackfill, .forcedRecovery])
    case .notRecovering: state.remove(.recoveryUnfound)
    case .notBackfilling: state.remove(.backfillUnfound)
    case .replicaActive: exitReplicaActive()
    case .repRecovering: releaseRemoteReservation()
    case .toDelete, .deleting: actions.append(.cancelDeleteReservation)
    }
  }
}
