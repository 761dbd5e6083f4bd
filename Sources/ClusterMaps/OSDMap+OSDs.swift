import Buffers
import RadosTypes

/// What the map says of one OSD. Numbers that the map does not know get the answer for no OSD.
extension OSDMap {
  @inline(__always)
  package func state(_ osd: Int32) -> OSDState {
    let states = contents.osds.states
    return osd >= 0 && Int(osd) < states.count ? states[Int(osd)] : []
  }

  @inline(__always)
  package func exists(_ osd: Int32) -> Bool { state(osd).contains(.exists) }

  @inline(__always)
  package func isUp(_ osd: Int32) -> Bool { state(osd).isSuperset(of: [.exists, .up]) }

  package func isDown(_ osd: Int32) -> Bool { !isUp(osd) }
  package func isIn(_ osd: Int32) -> Bool { exists(osd) && weight(osd) != 0 }
  package func isOut(_ osd: Int32) -> Bool { !isIn(osd) }
  package func isDestroyed(_ osd: Int32) -> Bool {
    state(osd).isSuperset(of: [.exists, .destroyed])
  }

  /// Down because it was told to stop.
  package func isStopped(_ osd: Int32) -> Bool {
    isDown(osd) && state(osd).isSuperset(of: [.exists, .stop])
  }

  /// Known to be dead, not only not to answer: nobody needs to wait for its leases.
  package func isDead(_ osd: Int32) -> Bool {
    exists(osd) && extraInfo(osd).deadEpoch > info(osd).upFrom
  }

  package func hasBeenUp(_ osd: Int32, since epoch: UInt32) -> Bool {
    isUp(osd) && upFrom(osd) <= epoch
  }

  private func column<Value>(_ values: [Value], _ osd: Int32, none: Value) -> Value {
    osd >= 0 && Int(osd) < values.count ? values[Int(osd)] : none
  }

  /// 16.16 fixed point: 0x10000 is in, 0 is out.
  package func weight(_ osd: Int32) -> UInt32 { column(contents.osds.weights, osd, none: 0) }

  package func info(_ osd: Int32) -> OSDInfo { column(contents.osds.infos, osd, none: OSDInfo()) }

  package func extraInfo(_ osd: Int32) -> OSDExtraInfo {
    column(contents.osds.extraInfos, osd, none: OSDExtraInfo())
  }

  package func upFrom(_ osd: Int32) -> UInt32 { info(osd).upFrom }
  package func upThrough(_ osd: Int32) -> UInt32 { info(osd).upThrough }
  package func downAt(_ osd: Int32) -> UInt32 { info(osd).downAt }
  package func id(_ osd: Int32) -> UniqueID { column(contents.osds.ids, osd, none: .zero) }
  package func features(_ osd: Int32) -> Features { extraInfo(osd).features }

  package func primaryAffinity(_ osd: Int32) -> UInt32 {
    column(contents.osds.primaryAffinities, osd, none: Table.defaultAffinity)
  }

  package func clientAddresses(_ osd: Int32) -> EntityAddresses {
    column(contents.osds.clientAddresses, osd, none: EntityAddresses())
  }

  package func clusterAddresses(_ osd: Int32) -> EntityAddresses {
    column(contents.osds.clusterAddresses, osd, none: EntityAddresses())
  }

  package func heartbeatBackAddresses(_ osd: Int32) -> EntityAddresses {
    column(contents.osds.heartbeatBackAddresses, osd, none: EntityAddresses())
  }

  package func heartbeatFrontAddresses(_ osd: Int32) -> EntityAddresses {
    column(contents.osds.heartbeatFrontAddresses, osd, none: EntityAddresses())
  }

  /// The numbers of those that exist, ascending.
  package var existingOSDs: [Int32] {
    contents.osds.states.indices.lazy
      .filter { self.contents.osds.states[$0].contains(.exists) }.map { Int32($0) }
  }

  package var upOSDs: [Int32] { existingOSDs.filter(isUp) }

  /// The OSD with this id.
  package func osd(withID id: UniqueID) -> Int32? {
    existingOSDs.first { self.contents.osds.ids[Int($0)] == id }
  }

  /// The OSD that listens at this address for clients or for its peers.
  package func osd(at address: EntityAddress) -> Int32? {
    existingOSDs.first {
      clientAddresses($0).contains(address) || clusterAddresses($0).contains(address)
    }
  }

  /// The OSD that listens at this address for anybody, heartbeats included.
  package func osd(onAnyChannel address: EntityAddress) -> Int32? {
    osd(at: address)
      ?? existingOSDs.first {
        heartbeatBackAddresses($0).contains(address)
          || heartbeatFrontAddresses($0).contains(address)
      }
  }

  /// Whether `flag` keeps OSDs as they are: for all, for this one, for a bucket above it or its class.
  /// `state` is one of `noUp, noDown, noIn, noOut`.
  package func isHeld(_ osd: Int32, _ state: OSDState) -> Bool {
    let forAll: OSDMapFlags =
      switch state {
      case .noUp: .noUp
      case .noDown: .noDown
      case .noIn: .noIn
      case .noOut: .noOut
      default: []
      }
    if !forAll.isEmpty, flags.contains(forAll) { return true }
    if exists(osd), self.state(osd).contains(state) { return true }
    if crushNodeFlags(above: osd).contains(state) { return true }
    guard let device = crush.classes[osd] else { return false }
    return OSDState(rawValue: contents.deviceClassFlags[device] ?? 0).contains(state)
  }

  private func crushNodeFlags(above osd: Int32) -> OSDState {
    guard !contents.crushNodeFlags.isEmpty else { return [] }
    var flags = OSDState()
    var at = osd
    for _ in 0...crush.buckets.count {
      guard let parent = crush.parent(of: at) else { break }
      flags.formUnion(OSDState(rawValue: contents.crushNodeFlags[parent.id] ?? 0))
      at = parent.id
    }
    return flags
  }
}
