import Base
import Glibc
import PlacementGroups
import RadosTypes

/// Counters that are not counted but looked up, when somebody reads them.
extension OSD {
  /// What only the shards know.
  func refreshGauges() async {
    _ = await shards.collect { shard in
      shard.refreshGauges()
      return true
    }
  }

  /// What can be asked on any thread; the readers' own, on `home`.
  func registerGauges() {
    parts.perf.beforeReading { [weak self] in self?.setOSDGauges() }
    MemoryCounter.register(parts.store, configuration, in: parts.perf)
  }

  private func setOSDGauges() {
    guard let perf = shards.shards.first?.perf else { return }
    let usage = parts.store.statfs()
    perf.set(OpCounter.statBytes, usage.total)
    perf.set(OpCounter.statBytesUsed, usage.total - min(usage.available, usage.total))
    perf.set(OpCounter.statBytesAvailable, usage.available)
    var loads: [Double] = [0]
    if getloadavg(&loads, 1) == 1 { perf.set(OpCounter.load, UInt64(loads[0] * 100)) }
    perf.set(OpCounter.heartbeatPeers, UInt64(heartbeats.peers.ids.count))
  }
}
