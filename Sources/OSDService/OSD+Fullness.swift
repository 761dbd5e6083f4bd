import Base
import ClusterMaps
import Messages
import RadosTypes

/// How full the device is, and that the monitors know (`OSDService::recalc_full_state`,
/// `OSD::send_full_update`): it is they who make pools full, and clients stop by the map.
extension OSD {
  static let fullStates: OSDState = [.full, .nearFull, .backfillFull]

  /// Of the device's bytes; 0 to 1.
  private var usedRatio: Double {
    let room = parts.store.room()
    return room.total == 0 ? 0 : Double(room.total - room.available) / Double(room.total)
  }

  /// By the ratios of the map, each of which must be exceeded; one state at a time.
  func fullState() -> OSDState { fullState(at: usedRatio) }

  private func fullState(at ratio: Double) -> OSDState {
    // A map may hold ratios out of order; each is at least the one before.
    let near = Double(map.nearFullRatio)
    let backfill = max(near, Double(map.backfillFullRatio))
    let full = max(backfill, Double(map.fullRatio))
    guard near > 0, ratio > near else { return [] }
    return ratio > full ? .full : ratio > backfill ? .backfillFull : .nearFull
  }

  /// Past this nothing is written, whatever the flags of an op.
  private func isFailsafeFull(at ratio: Double) -> Bool {
    ratio > max(configuration.real("osd_failsafe_full_ratio"), Double(map.fullRatio))
  }

  func fullStateChanged() {
    let ratio = usedRatio
    shards.setPastFailsafe(isFailsafeFull(at: ratio))
    guard state == .active, fullState(at: ratio) != map.fullState(of: identity.whoami) else {
      return
    }
    sendFullState()
  }

  /// At most once for each map, for the answer comes with the next.
  func sendFullState() {
    let state = fullState()
    guard reports.fullStateSent?.epoch != map.epoch || reports.fullStateSent?.state != state else {
      return
    }
    reports.fullStateSent = (map.epoch, state)
    log.write(
      .osd, 1, self, "full state is now \(state.names), device \(Int(usedRatio * 100)) % used")
    monitors.send(
      RawMessage(
        encoding: MOSDFull(
          paxos: PaxosHeader(UInt64(map.epoch)), epoch: map.epoch, state: state.rawValue)))
  }
}

extension OSDMap {
  func fullState(of osd: Int32) -> OSDState { state(osd).intersection(OSD.fullStates) }
}
