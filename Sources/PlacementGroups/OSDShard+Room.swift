import ObjectStores

/// Whether the device has room for a write. Beside what Ceph has (`OSDService::check_failsafe_full`).
///
/// A fast device fills faster than a monitor learns of it, and a write that the store has no room for
/// waits there, with what follows it, deletes too. So every write is charged to an allowance, which is a fraction of what the
/// device can take; when it is used up the store is asked anew. What grows the pool may go half the way
/// from the full ratio to the failsafe, so that there is room for what frees space; what must be
/// written all the same may go up to the failsafe.
extension OSDShard {
  /// Takes the room for a write that brings this many bytes; false if it must not go on.
  func takeRoom(_ bytes: Int, upToFailsafe: Bool) -> Bool {
    let bytes = Int64((bytes + Self.unit - 1) / Self.unit * Self.unit + Self.unit)
    roomLeft -= bytes
    if roomLeft > 0 { return true }
    let usage = store.statfs()
    let full = Double(map?.fullRatio ?? 0)
    let failsafe = max(settings.failsafeRatio, full)
    func room(upTo ratio: Double) -> Int64 {
      Int64(clamping: usage.available) - Int64(Double(usage.total) * (1 - ratio)) - bytes
    }
    // Other shards may take as much until they ask, and writes under way may not be counted yet.
    let room = (ordinary: room(upTo: (full + failsafe) / 2), last: room(upTo: failsafe))
    roomLeft = room.ordinary > 0 ? room.ordinary / Int64(4 * all.shards.count) + 1 : 0
    return room.ordinary > 0 || upToFailsafe && room.last > 0
  }

  /// What a write takes is rounded up to this, and it takes as much again for what describes it.
  private static var unit: Int { 4096 }
}
