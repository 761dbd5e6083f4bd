import Base
import ClusterMaps
import Messages
import Messaging
import PlacementGroups
import RadosTypes

/// Ways to the other OSDs, over the cluster network: each as long as the map has its process up.
///
/// Knows which map each has: from what they send and are sent here, and from heartbeats. Any thread.
/// Ceph: `OSDService::send_message_osd_cluster`, `maybe_share_map`, `OSD::note_down_osd`.
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
  private var sharedMost: UInt32 = 40

  private let whoami: Int32

  init(_ messenger: AsyncMessenger, whoami: Int32) {
    self.messenger = messenger
    self.whoami = whoami
  }

  /// osd_map_share_max_epochs.
  func setSharedMost(_ most: Int) { lock.withLock { sharedMost = UInt32(clamping: most) } }

  /// Ends the ways to those that this map has not up, or elsewhere, whoever opened them: what is on its
  /// way there is for nobody.
  func update(_ next: OSDMap) {
    let gone = lock.withLock { () -> [EntityAddresses] in
      defer { map = next }
      guard let before = map else { return [] }
      let gone = before.upOSDs.filter { osd in
        let addresses = before.clusterAddresses(osd)
        return osd != whoami && (!next.isUp(osd) || next.clusterAddresses(osd) != addresses)
      }
      for osd in gone { links[osd] = nil }
      return gone.map { before.clusterAddresses($0) }
    }
    for addresses in gone { messenger.markDown(addresses) }
  }

  /// This OSD is elsewhere now, and all connections have ended.
  func forget() { lock.withLock { links = [:] } }

  /// Sends, if the peer is up and was so already in `epoch`; else the message is for nobody any more.
  func send(_ message: RawMessage, to osd: Int32, _ epoch: UInt32) {
    let found = lock.withLock { () -> (Connection, behind: ClosedRange<UInt32>?)? in
      guard let map, map.isUp(osd), map.upFrom(osd) <= epoch else { return nil }
      return way(to: osd, map)
    }
    guard let (connection, behind) = found else { return }
    if let behind { share(behind, over: connection) }
    connection.post(message)
  }

  /// A peer shows elsewhere than in messages to PGs which map it has: it gets what it lacks, once.
  func share(with osd: Int32, having epoch: UInt32) {
    let found = lock.withLock { () -> (Connection, behind: ClosedRange<UInt32>?)? in
      guard let map, map.isUp(osd), max(epoch, links[osd]?.knownEpoch ?? 0) < map.epoch
      else { return nil }
      return way(to: osd, map, having: epoch)
    }
    if let (connection, behind) = found, let behind { share(behind, over: connection) }
  }

  /// The way to a peer, and the maps that are to be sent there first.
  private func way(
    to osd: Int32, _ map: OSDMap, having epoch: UInt32 = 0
  ) -> (Connection, behind: ClosedRange<UInt32>?) {
    var link = link(to: osd, map)
    let known = max(link.knownEpoch, epoch)
    // Who lacks more asks the monitors (osd_map_share_max_epochs).
    let first = max(known, map.epoch - min(sharedMost, map.epoch)) + 1
    link.knownEpoch = max(known, map.epoch)
    links[osd] = link
    return (link.connection, known < map.epoch ? first...map.epoch : nil)
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
