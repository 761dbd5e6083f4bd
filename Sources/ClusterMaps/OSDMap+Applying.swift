import Base
import Buffers
import RadosTypes
import Wire

extension OSDMap {
  /// The next map and its bytes, which are what the monitor has: the checksum says so.
  ///
  /// When it does not (`checksumDiffers`), the whole map must be asked for.
  package func applying(
    _ incremental: Incremental
  ) throws(OSDMapError) -> (map: OSDMap, bytes: ByteSlice) {
    var next = contents
    try next.apply(incremental)
    let (bytes, checksum) = try next.encoded(features: incremental.encodeFeatures)
    guard checksum == incremental.fullChecksum else {
      throw .checksumDiffers(
        epoch: next.epoch, ours: checksum, monitors: incremental.fullChecksum)
    }
    return (OSDMap(next, checksum: checksum), bytes)
  }
}

/// Source: `OSDMap::apply_incremental` in src/osd/OSDMap.cc. The order matters where two changes touch
/// the same thing: weights before states, states before those who come up, the CRUSH map last.
extension OSDMap.Contents {
  /// Becomes the next map. After an error the contents are undefined.
  package mutating func apply(_ incremental: OSDMap.Incremental) throws(OSDMapError) {
    guard incremental.epoch == epoch &+ 1 else {
      throw .notNext(epoch: epoch, incremental: incremental.epoch)
    }
    if incremental.epoch == 1 { clusterID = incremental.clusterID }
    guard incremental.clusterID == clusterID else {
      throw .otherCluster(incremental.clusterID, ours: clusterID)
    }
    if !incremental.fullMap.isEmpty { return try replace(with: incremental.fullMap) }
    epoch = incremental.epoch
    modified = incremental.modified
    if incremental.newFlags >= 0 {
      flags = OSDMapFlags(rawValue: UInt32(bitPattern: incremental.newFlags))
    }
    try resize(incremental.newOSDMax)
    applyPools(incremental)
    applySnaps(incremental)
    try incremental.checkOSDs(below: osds.count)
    applyWeights(incremental)
    applyStates(incremental)
    applyStamps(incremental)
    applyArrivals(incremental)
    applyHistory(incremental)
    applyPlacements(incremental)
    applyBlocklists(incremental)
    applySettings(incremental)
    try applyCrush(incremental)
    if let stretch = incremental.newStretch { self.stretch = stretch }
  }

  private mutating func replace(with fullMap: ByteSlice) throws(OSDMapError) {
    do {
      let whole = try OSDMap(wire: fullMap)
      guard whole.epoch == epoch &+ 1 else {
        throw OSDMapError.notNext(epoch: epoch, incremental: whole.epoch)
      }
      self = whole.contents
    } catch let error as DecodeError {
      throw .decode(error)
    } catch {
      throw error as! OSDMapError
    }
  }

  /// An OSD's number is a place in arrays: no sane cluster has more of them than `Limits` says.
  private mutating func resize(_ count: Int32) throws(OSDMapError) {
    guard count >= 0 else { return }
    guard count <= Limits.osdCountMax else { throw .noSuchOSD(count) }
    osds.resize(to: Int(count))
  }

  private mutating func applyPools(_ incremental: OSDMap.Incremental) {
    if incremental.newPoolMax != -1 { poolMax = Int32(truncatingIfNeeded: incremental.newPoolMax) }
    for (id, var pool) in incremental.newPools {
      pool.lastChange = epoch
      pools[id] = pool
    }
    poolNames.merge(incremental.newPoolNames) { $1 }
    for id in incremental.oldPools {
      pools[id] = nil
      poolNames[id] = nil
    }
    for profile in incremental.oldErasureProfiles { erasureProfiles[profile] = nil }
    erasureProfiles.merge(incremental.newErasureProfiles) { $1 }
  }

  private mutating func applySnaps(_ incremental: OSDMap.Incremental) {
    newRemovedSnaps = incremental.newRemovedSnaps
    newPurgedSnaps = incremental.newPurgedSnaps
    for (pool, snaps) in newRemovedSnaps {
      removedSnapsQueue[pool, default: IntervalSet()].formUnion(snaps)
    }
    for (pool, snaps) in newPurgedSnaps {
      guard var queue = removedSnapsQueue[pool] else { continue }
      queue.subtract(snaps)
      removedSnapsQueue[pool] = queue.isEmpty ? nil : queue
    }
  }

  private mutating func applyWeights(_ incremental: OSDMap.Incremental) {
    for (osd, weight) in incremental.newWeight {
      osds.weights[Int(osd)] = weight
      guard weight != 0 else { continue }
      osds.states[Int(osd)].insert(.exists)
      osds.states[Int(osd)].subtract([.autoOut, .new])
      osds.extraInfos[Int(osd)].oldWeight = 0
    }
    for (osd, affinity) in incremental.newPrimaryAffinity {
      osds.setAffinity(affinity, of: Int(osd))
    }
  }

  private mutating func applyStates(_ incremental: OSDMap.Incremental) {
    for (osd, change) in incremental.newState {
      let osd = Int(osd)
      let toggled = change.isEmpty ? .up : change
      let both = osds.states[osd].intersection(toggled)
      if both.contains(.up) {
        osds.infos[osd].downAt = epoch
        osds.extraInfos[osd].downStamp = modified
      }
      if both.contains(.exists) {
        osds.forget(osd)
      } else {
        osds.states[osd].formSymmetricDifference(toggled)
      }
    }
  }

  private mutating func applyStamps(_ incremental: OSDMap.Incremental) {
    if !incremental.newLastUpChange.isZero { lastUpChange = incremental.newLastUpChange }
    if !incremental.newLastInChange.isZero { lastInChange = incremental.newLastInChange }
  }

  private mutating func applyArrivals(_ incremental: OSDMap.Incremental) {
    for (osd, addresses) in incremental.newUpClient {
      let index = Int(osd)
      osds.states[index].formUnion([.exists, .up])
      osds.states[index].remove(.stop)
      osds.clientAddresses[index] = addresses
      osds.heartbeatBackAddresses[index] = incremental.newHeartbeatBack[osd] ?? EntityAddresses()
      osds.heartbeatFrontAddresses[index] = incremental.newHeartbeatFront[osd] ?? EntityAddresses()
      osds.infos[index].upFrom = epoch
    }
    for (osd, addresses) in incremental.newUpCluster { osds.clusterAddresses[Int(osd)] = addresses }
  }

  private mutating func applyHistory(_ incremental: OSDMap.Incremental) {
    for (osd, through) in incremental.newUpThrough { osds.infos[Int(osd)].upThrough = through }
    for (osd, interval) in incremental.newLastCleanInterval {
      osds.infos[Int(osd)].lastCleanBegin = interval.begin
      osds.infos[Int(osd)].lastCleanEnd = interval.end
    }
    for (osd, lost) in incremental.newLost { osds.infos[Int(osd)].lostAt = lost }
    for (osd, info) in incremental.newExtraInfo { osds.extraInfos[Int(osd)] = info }
    for (osd, id) in incremental.newIDs { osds.ids[Int(osd)] = id }
  }

  private mutating func applyPlacements(_ incremental: OSDMap.Incremental) {
    for (pg, acting) in incremental.newPGTemp { pgTemp[pg] = acting.isEmpty ? nil : acting }
    for (pg, osd) in incremental.newPrimaryTemp { primaryTemp[pg] = osd == -1 ? nil : osd }
    pgUpmap.merge(incremental.newPGUpmap) { $1 }
    for pg in incremental.oldPGUpmap { pgUpmap[pg] = nil }
    pgUpmapItems.merge(incremental.newPGUpmapItems) { $1 }
    for pg in incremental.oldPGUpmapItems { pgUpmapItems[pg] = nil }
  }

  /// One who is blocked already keeps his first date.
  private mutating func applyBlocklists(_ incremental: OSDMap.Incremental) {
    blocklist.merge(incremental.newBlocklist) { old, _ in old }
    for address in incremental.oldBlocklist { blocklist[address] = nil }
    rangeBlocklist.merge(incremental.newRangeBlocklist) { old, _ in old }
    for network in incremental.oldRangeBlocklist { rangeBlocklist[network] = nil }
  }

  private mutating func applySettings(_ incremental: OSDMap.Incremental) {
    for (node, flags) in incremental.newCrushNodeFlags {
      crushNodeFlags[node] = flags == 0 ? nil : flags
    }
    for (device, flags) in incremental.newDeviceClassFlags {
      deviceClassFlags[device] = flags == 0 ? nil : flags
    }
    clusterSnapshot = incremental.clusterSnapshot
    clusterSnapshotEpoch = clusterSnapshot.isEmpty ? 0 : incremental.epoch
    if incremental.newNearFullRatio >= 0 { nearFullRatio = incremental.newNearFullRatio }
    if incremental.newBackfillFullRatio >= 0 {
      backfillFullRatio = incremental.newBackfillFullRatio
    }
    if incremental.newFullRatio >= 0 { fullRatio = incremental.newFullRatio }
    if incremental.newRequireMinCompatClient > .unknown {
      requireMinCompatClient = incremental.newRequireMinCompatClient
    }
    if incremental.newRequireOSDRelease >= .unknown {
      requireOSDRelease = incremental.newRequireOSDRelease
      raiseFlags()
    }
  }

  private mutating func applyCrush(_ incremental: OSDMap.Incremental) throws(OSDMapError) {
    guard !incremental.crush.isEmpty else { return }
    do {
      crush = CrushMapper(try CrushMap(wire: incremental.crush))
    } catch {
      throw .decode(error)
    }
    crushVersion &+= 1
    let names = crush.map.classNames
    deviceClassFlags = deviceClassFlags.filter { names[$0.key] != nil }
  }
}

extension OSDMap.Table {
  /// The OSD is destroyed: nothing of it is kept but its weight.
  fileprivate mutating func forget(_ osd: Int) {
    states[osd] = []
    ids[osd] = .zero
    infos[osd] = OSDInfo()
    extraInfos[osd] = OSDExtraInfo()
    setAffinity(Self.defaultAffinity, of: osd)
    clientAddresses[osd] = EntityAddresses()
    clusterAddresses[osd] = EntityAddresses()
    heartbeatBackAddresses[osd] = EntityAddresses()
    heartbeatFrontAddresses[osd] = EntityAddresses()
  }
}

extension OSDMap.Incremental {
  /// Every OSD that this speaks of must have a place.
  fileprivate func checkOSDs(below count: Int) throws(OSDMapError) {
    func check(_ osds: some Sequence<Int32>) throws(OSDMapError) {
      for osd in osds where osd < 0 || Int(osd) >= count { throw .noSuchOSD(osd) }
    }
    try check(newUpClient.keys)
    try check(newUpCluster.keys)
    try check(newState.keys)
    try check(newWeight.keys)
    try check(newPrimaryAffinity.keys)
    try check(newUpThrough.keys)
    try check(newLastCleanInterval.keys)
    try check(newLost.keys)
    try check(newIDs.keys)
    try check(newExtraInfo.keys)
  }
}
