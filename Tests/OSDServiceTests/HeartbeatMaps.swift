import Buffers
import ClusterMaps
import RadosTypes

/// Maps for heartbeats: so many OSDs, some of them down, on hosts of a few each.
struct HeartbeatMaps {
  var count: Int32
  var perHost: Int32 = 2
  var down: Set<Int32> = []
  var upFrom: [Int32: UInt32] = [:]
  var epoch: UInt32 = 10

  var map: OSDMap {
    var contents = OSDMap.Contents()
    contents.epoch = epoch
    contents.osds.resize(to: Int(count))
    for osd in 0..<count {
      contents.osds.states[Int(osd)] = down.contains(osd) ? .exists : [.exists, .up]
      contents.osds.infos[Int(osd)].upFrom = upFrom[osd] ?? 5
      contents.osds.clientAddresses[Int(osd)] = Self.address(osd)
    }
    contents.crush = CrushMapper(crush)
    return OSDMap(contents)
  }

  static func address(_ osd: Int32) -> EntityAddresses {
    EntityAddresses(
      EntityAddress(kind: .v2, ipv4: (10, 0, 0, UInt8(osd)), port: 6800, nonce: 1))
  }

  /// Root -1; host h is bucket `-2 - h`, and holds `perHost` devices in a row.
  private var crush: CrushMap {
    var map = CrushMap()
    map.typeNames = [0: "osd", 1: "host", 2: "root"]
    let hosts = (count + perHost - 1) / perHost
    map.buckets = [bucket(-1, type: 2, (0..<hosts).map { -2 - $0 })]
    for host in 0..<hosts {
      let first = host * perHost
      let devices = Array(first..<min(first + perHost, count))
      map.buckets.append(bucket(-2 - host, type: 1, devices))
    }
    return map
  }

  private func bucket(_ id: Int32, type: UInt16, _ items: [Int32]) -> CrushBucket {
    CrushBucket(
      id: id, type: type, hash: 0, weight: UInt32(items.count) << 16, items: items,
      choice: .straw2(weights: items.map { _ in 1 << 16 }))
  }
}
