import Base
import RadosTypes

/// For logs and the admin socket.
extension OSDMap: CustomStringConvertible {
  /// `e12: 3 total, 2 up, 3 in`, as Ceph's one-line summary.
  package var description: String {
    "e\(epoch): \(osdCount) total, \(upCount) up, \(inCount) in"
  }

  /// What `ceph osd dump` shows of an OSD, in short.
  package func describe(_ osd: Int32) -> String {
    guard exists(osd) else { return "osd.\(osd) does not exist" }
    let info = info(osd)
    return "osd.\(osd) \(isUp(osd) ? "up" : "down") \(isIn(osd) ? "in" : "out")"
      + " weight \(Double(weight(osd)) / 0x10000) up_from \(info.upFrom)"
      + " up_thru \(info.upThrough) down_at \(info.downAt) \(clientAddresses(osd))"
      + " \(clusterAddresses(osd)) \(state(osd).names.joined(separator: ","))"
  }

  /// The members that name this map in an OSD's status.
  package func writeSummary(to writer: inout JSONWriter) {
    writer.integer("epoch", epoch)
    writer.string("cluster_fsid", "\(clusterID)")
    writer.integer("num_osds", osdCount)
    writer.integer("num_up_osds", upCount)
    writer.integer("num_in_osds", inCount)
    writer.string("flags", flags.text)
    writer.integer("num_pools", pools.count)
    writer.integer("num_pg_temp", contents.pgTemp.count)
    writer.string("require_osd_release", "\(requireOSDRelease)")
  }

  /// Whom the cluster blocks, as the admin socket's `dump_blocklist` shows it.
  package func writeBlocklist(to writer: inout JSONWriter) {
    writer.array { writer in
      for (address, until) in contents.blocklist.sorted(by: { $0.key < $1.key }) {
        writer.object { writer in
          writer.object("entity_addr_t") { writer in
            writer.string("type", address.kind.name)
            writer.string("addr", address.socketText)
            writer.integer("nonce", address.nonce)
          }
          writer.string("expire_time", "\(until)")
        }
      }
    }
  }
}

extension EntityAddress.Kind {
  fileprivate var name: String {
    switch self {
    case .none: "none"
    case .v1: "v1"
    case .v2: "v2"
    case .any: "any"
    case .network: "cidr"
    default: "???"
    }
  }
}

extension PGPlacement: CustomStringConvertible {
  /// `up [1,2]/1 acting [2,1]/2`, as Ceph logs placements.
  package var description: String {
    "up \(Self.text(up))/\(upPrimary) acting \(Self.text(acting))/\(actingPrimary)"
  }

  private static func text(_ osds: [Int32]) -> String {
    "[" + osds.map { $0 == PGShard.noOSD ? "NONE" : "\($0)" }.joined(separator: ",") + "]"
  }
}
