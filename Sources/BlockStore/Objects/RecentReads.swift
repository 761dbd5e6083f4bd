/// Which large reads came from the device lately: those of so many units in all. Who is read again
/// while it is here is worth a place in the cache. Ceph: the "warm out" list of a 2Q cache.
struct RecentReads {
  private var order = Queue<(unit: UInt64, count: Int)>()
  private var known: Set<UInt64> = []
  private var units = 0
  private let unitsMax: Int

  init(unitsMax: Int) { self.unitsMax = unitsMax }

  /// Notes a read of so many units from this one on; whether it is known from before.
  mutating func note(_ unit: UInt64, count: Int) -> Bool {
    guard known.insert(unit).inserted else { return true }
    order.append((unit, count))
    units += count
    while units > unitsMax, let oldest = order.popFirst() {
      known.remove(oldest.unit)
      units -= oldest.count
    }
    return false
  }
}
