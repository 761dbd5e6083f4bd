import Buffers
import RadosTypes

/// From an object's name to the number of its PG, and from that to CRUSH's input.
extension Pool {
  package var isErasure: Bool { kind == .erasure }
  package var isReplicated: Bool { kind == .replicated }

  /// Whether an OSD that is gone leaves no hole: in replicated pools any copy can take any place.
  package var canShiftOSDs: Bool { kind == .replicated }

  package var supportsOmap: Bool { kind == .replicated }

  /// Whether appends must fall on stripes, since nothing is overwritten.
  package var requiresAlignedAppend: Bool {
    kind == .erasure && !flags.contains(.erasureOverwrites)
  }

  package var isTier: Bool { tierOf >= 0 }
  package var hasTiers: Bool { !details.tiers.isEmpty }

  /// The hash of a name (or of the key that replaces it) in a namespace, with this pool's function.
  package func hash(of name: ByteString, namespace: ByteString = ByteString()) -> UInt32 {
    if objectHash == 2 {
      return ObjectHash.hash(name: name, key: ByteString(), namespace: namespace)
    }
    guard objectHash == 1 else { return .max }
    let separator = namespace.isEmpty ? [] : namespace.bytes + [ObjectHash.namespaceSeparator]
    return Self.dcacheHash(separator + name.bytes)
  }

  /// The Linux dcache's hash of old. Source: `ceph_str_hash_linux` in src/common/ceph_hash.cc.
  private static func dcacheHash(_ bytes: [UInt8]) -> UInt32 {
    bytes.reduce(UInt32(0)) { hash, byte in
      (hash &+ (UInt32(byte) << 4) &+ (UInt32(byte) >> 4)) &* 11
    }
  }

  /// The PG that a full hash falls into.
  @inline(__always)
  package func seed(ofHash hash: UInt32) -> UInt32 {
    ObjectHash.stableModulo(hash, count: pgCount, mask: pgMask)
  }

  /// The PG that exists for one named by a full hash.
  package func actualPG(_ raw: PGID) -> PGID { PGID(pool: raw.pool, seed: seed(ofHash: raw.seed)) }

  /// What CRUSH is asked for (Ceph: pps). With `hashPSPool` the pools' PGs do not fall on one another.
  package func placementSeed(_ pg: PGID) -> UInt32 {
    let place = ObjectHash.stableModulo(pg.seed, count: placementCount, mask: placementMask)
    let pool = UInt32(truncatingIfNeeded: pg.pool)
    return flags.contains(.hashPSPool) ? CrushHash.hash(place, pool) : place &+ pool
  }

  /// The snapshots that a write must preserve when the client names none.
  package var snapContext: SnapContext {
    SnapContext(sequence: snapSequence, snaps: details.snaps.keys.sorted(by: >))
  }

  package func isRemoved(_ snap: SnapID) -> Bool {
    flags.contains(.poolSnaps)
      ? snap <= snapSequence && details.snaps[snap] == nil
      : details.removedSnaps.contains(snap.rawValue)
  }
}
