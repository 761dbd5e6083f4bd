import Base
import ClusterMaps
import Messages
import PlacementGroups
import RadosTypes

/// The way of a map: message, intake (checked, durable), placement (every epoch in order), this OSD's
/// own state, then whoever lags behind.
extension OSD {
  /// Messages are taken one at a time, in order.
  func queue(_ message: MOSDMap) {
    guard message.fsid == identity.cluster else {
      return log.error(.osd, self, "maps of cluster \(message.fsid) are not ours")
    }
    count(message)
    mapsWaiting.append(message)
    guard !isTakingMaps else { return }
    isTakingMaps = true
    home.spawn { [self] in
      while !mapsWaiting.isEmpty, state != .stopping {
        let next = mapsWaiting.removeFirst()
        let outcome = await intake.take(next)
        await act(on: outcome, newest: next.newest)
      }
      isTakingMaps = false
    }
  }

  private func count(_ message: MOSDMap) {
    guard let perf = homeCounters, let first = message.firstEpoch, let last = message.lastEpoch
    else { return }
    perf.add(OpCounter.mapMessages)
    perf.add(OpCounter.mapEpochs, UInt64(last - first + 1))
    if first <= map.epoch {
      perf.add(OpCounter.mapEpochDuplicates, UInt64(map.epoch - first + 1))
    }
  }

  private func act(on outcome: MapIntake.Outcome, newest: UInt32) async {
    switch outcome {
    case .advanced(let maps):
      for map in maps { publish(map) }
      monitors.got("osdmap", UInt64(map.epoch))
      mapChanged()
      createWaitingPGs()
      forgetCreatedPGs()
      reports.merges.prune(map)
      if newest > map.epoch { monitors.subscribe(to: "osdmap", from: UInt64(map.epoch) + 1) }
    case .nothingNew: break
    case .needsMaps(let from): monitors.subscribe(to: "osdmap", from: UInt64(from))
    case .needsFullMaps(let from, let to):
      monitors.send(RawMessage(encoding: MMonGetOSDMap(fullFirst: from, fullLast: to)))
    }
  }

  /// To the shards, which serve once a map says that this process is up.
  private func publish(_ map: OSDMap) {
    let isUpHere = isUpHere(in: map)
    if isUpHere { upFrom = map.upFrom(identity.whoami) }
    peers.update(map)
    heartbeats.mapChanged(map)
    shards.publish(map, bootEpoch: isUpHere ? upFrom : nil)
    messengers.clientDispatcher.epoch = map.epoch
    messengers.heartbeatDispatcher.update(map, upFrom: upFrom)
  }

  private func isUpHere(in map: OSDMap) -> Bool {
    (state == .booting || bootEpoch != 0) && map.isUp(identity.whoami)
      && map.upFrom(identity.whoami) > bindEpoch
      && map.clientAddresses(identity.whoami) == messengers.client.addresses
  }

  /// Where this OSD stands in the newest map.
  private func mapChanged() {
    let whoami = identity.whoami
    if map.state(whoami).contains(.destroyed), map.id(whoami) == identity.osd {
      log.error(
        .osd, self, "this OSD was destroyed in the map: make a new one (ceph osd new, --mkfs)")
      parts.onFatal(1)
      return
    }
    let isUpHere = isUpHere(in: map)
    switch state {
    case .booting where isUpHere, .preboot where isUpHere: becomeActive()
    case .preboot: bootWhenReady()
    case .active:
      if let wrong = wrongInMap() { return markedDown(wrong) }
      fullStateChanged()
    case .booting, .waitingForHealthy, .initializing, .stopping: break
    }
  }

  private func becomeActive() {
    upFrom = map.upFrom(identity.whoami)
    if bootEpoch == 0 { bootEpoch = upFrom }
    history.superblock.mounted = upFrom
    enter(.active)
    heartbeats.withdrawReports()
    sendBeacon()
  }
}
