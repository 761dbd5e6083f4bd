import RadosTypes

extension Pool {
  /// Whether these OSDs are spread over as many sites as the pool demands, including the one that must
  /// be among them. Always, in pools that are not stretched.
  ///
  /// Source: `pg_pool_t::stretch_set_can_peer` in src/osd/osd_types.cc.
  package func canPeer(_ osds: [Int32], in crush: CrushMap) -> Bool {
    guard stretch.bucketCount != 0 else { return true }
    let sites = Set(osds.map { crush.ancestor(of: $0, type: stretch.bucketBarrier) ?? 0 })
    guard sites.count >= Int(stretch.bucketCount) else { return false }
    return stretch.mandatoryMember == PGShard.noOSD || sites.contains(stretch.mandatoryMember)
  }
}

extension CrushMap {
  /// The bucket of this type above `item`.
  package func ancestor(of item: Int32, type: UInt32) -> Int32? {
    var at = item
    for _ in 0...buckets.count {
      guard let above = parent(of: at) else { return nil }
      if UInt32(above.type) == type { return above.id }
      at = above.id
    }
    return nil
  }
}
