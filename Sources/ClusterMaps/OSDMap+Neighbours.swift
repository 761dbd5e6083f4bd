import Buffers

/// Who is beside an OSD, in the order of numbers and in the tree.
extension OSDMap {
  /// The next that is up after `osd`, from the first again after the last; not `osd` itself.
  package func nextUpOSD(after osd: Int32) -> Int32? {
    guard osdMax > 0 else { return nil }
    return (1...osdMax).lazy.map { (osd &+ $0) % self.osdMax }
      .first { $0 != osd && self.isUp($0) }
  }

  /// As `nextUpOSD`, the other way round.
  package func previousUpOSD(before osd: Int32) -> Int32? {
    guard osdMax > 0 else { return nil }
    return (1...osdMax).lazy.map { (osd &- $0 &+ self.osdMax) % self.osdMax }
      .first { $0 != osd && self.isUp($0) }
  }

  /// Both neighbours, and up to `count` others, each below another bucket of `level` (`host`, `rack`)
  /// that does not hold `osd`: who of them fails with it is as few as can be.
  ///
  /// Source: `OSD::maybe_update_heartbeat_peers`, `OSDMap::get_random_up_osds_by_subtree`.
  package func heartbeatNeighbours(
    of osd: Int32, level: String, count: Int, using random: inout some RandomNumberGenerator
  ) -> Set<Int32> {
    var found = Set([nextUpOSD(after: osd), previousUpOSD(before: osd)].compactMap { $0 })
    guard let type = crush.typeNames.first(where: { $0.value == ByteString(level) })?.key, type > 0
    else { return found }
    let neighbours = found
    var left = count
    for bucket in crush.buckets(ofType: type).shuffled(using: &random) where left > 0 {
      let devices = crush.devices(below: bucket)
      guard !devices.contains(osd) else { continue }
      let up = devices.filter { isUp($0) && !neighbours.contains($0) }
      guard !up.isEmpty else { continue }
      found.insert(up[Int(osd) % up.count])
      left -= 1
    }
    return found
  }
}

extension CrushMap {
  /// Those that stand for no device class's part of another.
  fileprivate func buckets(ofType type: Int32) -> [CrushBucket] {
    buckets.compactMap { $0 }.filter { Int32($0.type) == type && !isShadow($0.id) }
  }

  /// The devices below a bucket, in the order of its items.
  fileprivate func devices(below top: CrushBucket) -> [Int32] {
    var devices: [Int32] = []
    var open = [top]
    // A map whose buckets hold each other in a circle must not keep us for ever.
    for _ in 0...buckets.count {
      guard let next = open.popLast() else { break }
      devices += next.items.filter { $0 >= 0 }
      open += next.items.filter { $0 < 0 }.compactMap { bucket($0) }
    }
    return devices
  }
}
