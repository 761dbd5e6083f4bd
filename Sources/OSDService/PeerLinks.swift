import Base
import ClusterMaps
import Messages
import Messaging
import PlacementGroups
import RadosTypes

/// Ways to the other OSDs, over the cluster network: each as long as the map has its process up.
///
/// Any thread. Ceph: `OSDService::send_message_osd_cluster`, `maybe_share_map`, `note_down_osd`.
final class PeerLinks: @unchecked Sendable {
  private struct Link {
    let connection: Connection
    let addresses: EntityAddresses
    /// The newest map that this peer was sent, or showed to have.
    var knownEpoch: UInt32
  }

  private let messenger: AsyncMessenger
  /// Brings maps to a peer that is behind.
  weak var owner: OSD?
  private let lock = Lock()
  // Guarded by `lock`.
  private var map: OSDMap?
  private var links: [Int32: Link] = [:]

  private let sharedMost: UInt32

  init(_ messenger: AsyncMessenger, sharedMost: Int) {
    self.messenger = messenger
    self.sharedMost = UInt32(clamping: sharedMost)
  }

  /// Ends the ways to those that this map has not up, or elsewhere.
  func update(_ map: OSDMap) {
    let gone = lock.withLock {
      self.map = map
      let gone = links.filter {
        !map.isUp($0.key) || map.clusterAddresses($0.key) != $0.value.addresses
      }
      for osd in gone.keys { links[osd] = nil }
      return gone
    }
    for link in gone.values { link.connection.markDown() }
  }

  /// Sends, if the peer is up and was so already in `epoch`; else the message is for nobody any more.
  func send(_ message: RawMessage, to osd: Int32, _ epoch: UInt32) {
    let found = lock.withLock { () -> (Connection, share: ClosedRange<UInt32>?)? in
      guard let map, map.isUp(osd), map.upFrom(osd) <= epoch else { return nil }
      var link = link(to: osd, map)
      // Who lacks more asks the monitors (osd_map_share_max_epochs).
      let first = max(link.knownEpoch, map.epoch - min(sharedMost, map.epoch)) + 1
      let behind = link.knownEpoch < map.epoch ? first...map.epoch : nil
      link.knownEpoch = map.epoch
      links[osd] = link
      return (link.connection, behind)
    }
    guard let (connection, behind) = found else { return }
    if let behind { share(behind, over: connection) }
    connection.post(message)
  }

  private func link(to osd: Int32, _ map: OSDMap) -> Link {
    if let link = links[osd], link.connection.isOpen { return link }
    let addresses = map.clusterAddresses(osd)
    // Whoever is up has seen the map before the one that says so.
    return Link(
      connection: messenger.connect(to: addresses, peer: .osd), addresses: addresses,
      knownEpoch: links[osd]?.knownEpoch ?? map.upFrom(osd) &- 1)
  }

  /// A peer's message shows which map it has.
  func heard(from osd: Int32, with epoch: UInt32) {
    lock.withLock {
      guard let link = links[osd], link.knownEpoch < epoch else { return }
      links[osd]?.knownEpoch = epoch
    }
  }

  private func share(_ epochs: ClosedRange<UInt32>, over connection: Connection) {
    guard let owner else { return }
    owner.home.post {
      owner.shareMaps(from: epochs.lowerBound, to: epochs.upperBound) { connection.post($0) }
    }
  }
}
