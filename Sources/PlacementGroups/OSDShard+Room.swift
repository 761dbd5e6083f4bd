import ObjectStores

/// Whether the device has room for a write. Ceph: `OSDService::check_failsafe_full`.
///
/// A fast device fills faster than a monitor learns of it, and a store that runs out of space ends the
/// daemon, perhaps for good. So every write is charged to an allowance, which is a fraction of what the
/// device can take up to the failsafe; when it is used up the store is asked anew.
extension OSDShard {
  /// Past this nothing is written but what asks with FULL_TRY; and that not if it grows.
  var isPastFailsafe: Bool { isToldPastFailsafe || roomLeft <= 0 }

  /// Charges a write that brings this many bytes.
  func charge(_ bytes: Int) {
    let bytes = Int64((bytes + Self.unit - 1) / Self.unit * Self.unit + Self.unit)
    roomLeft -= bytes
    if roomLeft <= 0 { askForRoom(bytes) }
  }

  /// What a write takes is rounded up to this, and it takes as much again for what describes it.
  private static var unit: Int { 4096 }

  private func askForRoom(_ bytes: Int64) {
    let usage = store.statfs()
    let failsafe = max(settings.failsafeRatio, Double(map?.fullRatio ?? 0))
    let reserve = Int64(Double(usage.total) * (1 - failsafe))
    let room = Int64(clamping: usage.available) - reserve - bytes
    // The other shards may take as much until they ask, and writes under way may not be counted yet.
    roomLeft = room > 0 ? room / Int64(4 * all.shards.count) + 1 : 0
  }
}
