import Base
import ClusterMaps
import Messaging
import RadosTypes

/// The connections to the peers: lossy ones, to the addresses of the map.
extension Heartbeats {
  func closeUnused() {
    for (osd, both) in links where both.values.contains(where: { !isWanted($0) }) {
      for link in both.values { link.close() }
      links[osd] = nil
    }
  }

  func isWanted(_ link: HeartbeatLink) -> Bool {
    peers.peers[link.osd]?.upFrom == link.upFrom
  }

  func link(to osd: Int32, over network: HeartbeatNetwork) -> HeartbeatLink? {
    if let link = links[osd]?[network] { return link }
    guard let peer = peers.peers[osd], map.isUp(osd), map.upFrom(osd) == peer.upFrom else {
      return nil
    }
    let connection =
      switch network {
      case .back:
        messengers.heartbeatBackClient.connect(to: map.heartbeatBackAddresses(osd), peer: .osd)
      case .front:
        messengers.heartbeatFrontClient.connect(to: map.heartbeatFrontAddresses(osd), peer: .osd)
      }
    let link = HeartbeatLink(connection, to: osd, upFrom: peer.upFrom, over: network)
    connection.session = link
    links[osd, default: [:]][network] = link
    return link
  }

  /// One over which the peer has answered is made again at once, to find out whether it is still there;
  /// one that never led anywhere, with the next ping.
  func connectionLost(_ lost: HeartbeatLink) {
    guard links[lost.osd]?[lost.network] === lost else { return }
    links[lost.osd]?[lost.network] = nil
    guard lost.wasAnswered else { return }
    log.write(.osd, 10, self, "lost the \(lost.network) connection to osd.\(lost.osd)")
    peers.connectionLost(lost.osd)
    _ = link(to: lost.osd, over: lost.network)
  }
}
