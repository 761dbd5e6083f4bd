import Buffers
import RadosTypes

/// Where one PG is: the OSDs that should hold it, and those that do the work at the moment.
///
/// In erasure-coded pools a place is a shard and `PGShard.noOSD` a hole; in replicated pools there are
/// no holes. -1: no primary.
package struct PGPlacement: Hashable, Sendable {
  package var up: [Int32] = []
  package var upPrimary: Int32 = -1
  package var acting: [Int32] = []
  package var actingPrimary: Int32 = -1

  package init() {}

  /// The place of `osd` among the acting ones: 0 the first; nil when it is none of them. With a shard,
  /// only that shard's place counts.
  /// Source: `OSDMap::calc_pg_role`.
  package func role(of member: PGShard) -> Int? {
    guard member.shard != ShardPGID.noShard else { return acting.firstIndex(of: member.osd) }
    let place = Int(member.shard)
    return acting.indices.contains(place) && acting[place] == member.osd ? place : nil
  }
}

/// Source: `OSDMap::_pg_to_up_acting_osds` in src/osd/OSDMap.cc, and what it calls.
extension OSDMap {
  /// The PG of an object; nil if the pool is gone. Its seed is the full hash, see `Pool.actualPG`.
  package func rawPG(of name: ByteString, _ locator: ObjectLocator) -> PGID? {
    guard let pool = contents.pools[locator.pool] else { return nil }
    if locator.hash >= 0 {
      return PGID(pool: locator.pool, seed: UInt32(truncatingIfNeeded: locator.hash))
    }
    let hashed = locator.key.isEmpty ? name : locator.key
    return PGID(pool: locator.pool, seed: pool.hash(of: hashed, namespace: locator.namespace))
  }

  /// Where `pg` is, which may be named by a full hash. Empty when its pool is gone.
  package func placement(of pg: PGID) -> PGPlacement {
    guard let pool = contents.pools[pg.pool] else { return PGPlacement() }
    var placement = PGPlacement()
    let actual = pool.actualPG(pg)
    placement.up = rawOSDs(pg, pool)
    applyUpmap(actual, to: &placement.up)
    keep(isUp, in: &placement.up, pool)
    placement.upPrimary = Self.first(of: placement.up)
    let seed = pool.placementSeed(pg)
    applyAffinity(seed, pool, to: &placement.up, &placement.upPrimary)
    applyTemporary(actual, pool, to: &placement)
    return placement
  }

  /// What CRUSH says, without OSDs that do not exist.
  package func rawOSDs(_ pg: PGID, _ pool: Pool) -> [Int32] {
    let crush = contents.crush
    let size = Int(pool.size)
    guard
      let rule = crush.map.findRule(
        ruleset: pool.crushRule, type: pool.kind.rawValue, size: size)
    else { return [] }
    var osds = crush.run(
      rule: rule, input: pool.placementSeed(pg), count: size, weights: contents.osds.weights,
      pool: pg.pool)
    keep(exists, in: &osds, pool)
    return osds
  }

  /// Removes the others, leaving holes if the places matter.
  private func keep(_ isGood: (Int32) -> Bool, in osds: inout [Int32], _ pool: Pool) {
    if pool.canShiftOSDs {
      if !osds.allSatisfy(isGood) { osds.removeAll { !isGood($0) } }
    } else {
      for place in osds.indices where !isGood(osds[place]) { osds[place] = PGShard.noOSD }
    }
  }

  static func first(of osds: [Int32]) -> Int32 { osds.first { $0 != PGShard.noOSD } ?? -1 }

  /// Whether an operator's target is marked out; a number beyond all OSDs is not.
  private func isMarkedOut(_ osd: Int32) -> Bool {
    let weights = contents.osds.weights
    return osd >= 0 && Int(osd) < weights.count && weights[Int(osd)] == 0
  }

  /// A target that is out makes all of the PG's exceptions void, those for single OSDs included.
  private func applyUpmap(_ pg: PGID, to osds: inout [Int32]) {
    if !contents.pgUpmap.isEmpty, let targets = contents.pgUpmap[pg] {
      if targets.contains(where: isMarkedOut) { return }
      osds = targets
    }
    guard !contents.pgUpmapItems.isEmpty, let items = contents.pgUpmapItems[pg] else { return }
    for item in items where !osds.contains(item.to) && !isMarkedOut(item.to) {
      if let place = osds.firstIndex(of: item.from) { osds[place] = item.to }
    }
  }

  /// Each OSD in turn may decline to be primary, by a hash that knows PG and OSD; the first one who
  /// does not, or the first of all, is it.
  private func applyAffinity(
    _ seed: UInt32, _ pool: Pool, to osds: inout [Int32], _ primary: inout Int32
  ) {
    let affinities = contents.osds.primaryAffinities
    guard !affinities.isEmpty else { return }
    let usual = Table.defaultAffinity
    let isSpecial = { osd in osd != PGShard.noOSD && affinities[Int(osd)] != usual }
    guard osds.contains(where: isSpecial) else { return }
    var chosen: Int?
    for (place, osd) in osds.enumerated() where osd != PGShard.noOSD {
      let affinity = affinities[Int(osd)]
      let declines =
        affinity < usual && CrushHash.hash(seed, UInt32(bitPattern: osd)) >> 16 >= affinity
      if !declines {
        chosen = place
        break
      }
      chosen = chosen ?? place
    }
    guard let chosen else { return }
    primary = osds[chosen]
    if pool.canShiftOSDs, chosen > 0 { osds.insert(osds.remove(at: chosen), at: 0) }
  }

  private func applyTemporary(_ pg: PGID, _ pool: Pool, to placement: inout PGPlacement) {
    if !contents.pgTemp.isEmpty, var osds = contents.pgTemp[pg] {
      keep(isUp, in: &osds, pool)
      placement.acting = osds
    }
    placement.actingPrimary = Self.first(of: placement.acting)
    if !contents.primaryTemp.isEmpty, let primary = contents.primaryTemp[pg] {
      placement.actingPrimary = primary
    }
    guard placement.acting.isEmpty else { return }
    placement.acting = placement.up
    if placement.actingPrimary == -1 { placement.actingPrimary = placement.upPrimary }
  }

  /// The shard that the primary serves; nil when there is no primary.
  package func primaryShard(of pg: PGID) -> ShardPGID? {
    guard let pool = contents.pools[pg.pool] else { return nil }
    guard pool.isErasure else { return ShardPGID(pg) }
    let placement = placement(of: pg)
    return placement.acting.firstIndex(of: placement.actingPrimary)
      .map { ShardPGID(pg, shard: Int8(truncatingIfNeeded: $0)) }
  }
}
