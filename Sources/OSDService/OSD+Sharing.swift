import Base
import Buffers
import ClusterMaps
import Messages
import RadosTypes

/// Maps for clients and peers that are behind (`OSDService::send_incremental_map`).
extension OSD {
  /// Sends epochs `from...to`, in messages of at most `osd_map_message_max`; begins with a full map if
  /// `from` is older than what is kept.
  func shareMaps(from: UInt32, to: UInt32, _ send: @escaping @Sendable (RawMessage) -> Void) {
    home.spawn { [self] in
      var next = from
      if next <= history.superblock.oldestMap {
        next = history.superblock.oldestMap
        guard let full = await history.full(next) else { return }
        send(RawMessage(encoding: mapMessage(fulls: [next: full])))
        next += 1
      }
      while next <= to {
        let last = min(
          to, next + UInt32(clamping: configuration.integer("osd_map_message_max")) - 1)
        guard let message = await mapMessage(next, last) else { return }
        send(RawMessage(encoding: message))
        next = last + 1
      }
    }
  }

  /// Another OSD shows which map it has: it gets what it lacks over the cluster's network, and this side
  /// asks for what it lacks itself (`OSDService::maybe_share_map`).
  func peer(_ osd: Int32, has epoch: UInt32) {
    if epoch > map.epoch { return wantMap(epoch) }
    if state == .active { peers.share(with: osd, having: epoch) }
  }

  private func mapMessage(_ first: UInt32, _ last: UInt32) async -> MOSDMap? {
    var incrementals: [UInt32: ByteSlice] = [:]
    var fulls: [UInt32: ByteSlice] = [:]
    for epoch in first...last {
      if let bytes = await history.incremental(epoch) {
        incrementals[epoch] = bytes
      } else {
        guard let bytes = await history.full(epoch) else { return nil }
        fulls[epoch] = bytes
      }
    }
    return mapMessage(incrementals: incrementals, fulls: fulls)
  }

  /// `oldest` is what the monitors keep: receivers forget what is older, and a new OSD has less.
  private func mapMessage(
    incrementals: [UInt32: ByteSlice] = [:], fulls: [UInt32: ByteSlice] = [:]
  ) -> MOSDMap {
    MOSDMap(
      fsid: identity.cluster, incrementals: incrementals, fulls: fulls,
      oldest: history.superblock.mapTrimLowerBound, newest: history.superblock.newestMap)
  }
}
