import Buffers

/// What a pool's objects take of a partition.
struct PoolUsage: Equatable {
  var allocatedUnits: UInt64 = 0
  var storedBytes: UInt64 = 0
  var objects: UInt64 = 0
}

/// What pools take: followed through a transaction, put into its record at its end if it is another then. Most
/// overwrites take as much as they give back.
extension Partition {
  func changeUsage(_ pool: Int64, _ change: (inout PoolUsage) -> Void) {
    change(&changedUsage[placeOfUsage(pool)].usage)
  }

  /// Mostly there is one.
  private func placeOfUsage(_ pool: Int64) -> Int {
    for place in changedUsage.indices where changedUsage[place].pool == pool { return place }
    changedUsage.append((pool, usage[pool] ?? PoolUsage()))
    return changedUsage.count - 1
  }

  func finishUsage(_ context: TransContext) {
    for (pool, value) in changedUsage where value != usage[pool] ?? PoolUsage() {
      let key = usageKey(pool)
      if value == PoolUsage() {
        usage[pool] = nil
        context.delete(key)
      } else {
        usage[pool] = value
        context.put(key, encode(value))
      }
      shared.publish(value, pool: pool, of: index)
    }
    changedUsage.clear()
  }

  private func encode(_ value: PoolUsage) -> [UInt8] {
    encoder.clear()
    encoder.putVarint(value.allocatedUnits)
    encoder.putVarint(value.storedBytes)
    encoder.putVarint(value.objects)
    return encoder.array
  }

  private func usageKey(_ pool: Int64) -> ByteString {
    if let usageKey, usageKey.pool == pool { return usageKey.key }
    let key = StoreKey.usage(index, pool)
    usageKey = (pool, key)
    return key
  }
}
