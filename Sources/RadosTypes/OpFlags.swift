/// What a whole request asks for. Ceph: `CEPH_OSD_FLAG_*`.
@usableFromInline package struct RequestFlags: OptionSet, Hashable, Sendable {
  @usableFromInline package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let ack = RequestFlags(rawValue: 0x1)
  package static let onNVRAM = RequestFlags(rawValue: 0x2)
  package static let onDisk = RequestFlags(rawValue: 0x4)
  /// The three above: what a reply says has been reached.
  package static let allAcks = RequestFlags(rawValue: 0x7)
  package static let retry = RequestFlags(rawValue: 0x8)
  package static let read = RequestFlags(rawValue: 0x10)
  package static let write = RequestFlags(rawValue: 0x20)
  package static let orderSnap = RequestFlags(rawValue: 0x40)
  /// Without meaning; `rados rm` still sets it.
  package static let peerStatOld = RequestFlags(rawValue: 0x80)
  package static let balanceReads = RequestFlags(rawValue: 0x100)
  package static let parallelExec = RequestFlags(rawValue: 0x200)
  /// About a PG, not an object; listings come without it all the same.
  package static let pgOp = RequestFlags(rawValue: 0x400)
  package static let exec = RequestFlags(rawValue: 0x800)
  package static let execPublic = RequestFlags(rawValue: 0x1000)
  package static let localizeReads = RequestFlags(rawValue: 0x2000)
  package static let readWriteOrdered = RequestFlags(rawValue: 0x4000)
  package static let ignoreCache = RequestFlags(rawValue: 0x8000)
  package static let skipReadWriteLocks = RequestFlags(rawValue: 0x1_0000)
  package static let ignoreOverlay = RequestFlags(rawValue: 0x2_0000)
  package static let flush = RequestFlags(rawValue: 0x4_0000)
  package static let mapSnapClone = RequestFlags(rawValue: 0x8_0000)
  package static let enforceSnapContext = RequestFlags(rawValue: 0x10_0000)
  package static let redirected = RequestFlags(rawValue: 0x20_0000)
  package static let knownIfRedirected = RequestFlags(rawValue: 0x40_0000)
  package static let fullTry = RequestFlags(rawValue: 0x80_0000)
  package static let fullForce = RequestFlags(rawValue: 0x100_0000)
  package static let ignoreRedirect = RequestFlags(rawValue: 0x200_0000)
  /// Results and data of every op are wanted, also of writes.
  package static let returnVector = RequestFlags(rawValue: 0x400_0000)
  package static let supportsPoolEIO = RequestFlags(rawValue: 0x800_0000)
}

extension RequestFlags: CustomStringConvertible {
  private static let names = [
    "ack", "onnvram", "ondisk", "retry", "read", "write", "ordersnap", "peerstat_old",
    "balance_reads", "parallelexec", "pgop", "exec", "exec_public", "localize_reads", "rwordered",
    "ignore_cache", "skiprwlocks", "ignore_overlay", "flush", "map_snap_clone", "enforce_snapc",
    "redirected", "known_if_redirected", "full_try", "full_force", "ignore_redirect", "returnvec",
    "supports_pool_eio",
  ]

  /// Names joined by `+`, as Ceph's logs have them.
  @usableFromInline package var description: String {
    let set = (0..<32).filter { rawValue >> $0 & 1 == 1 }
    if set.isEmpty { return "-" }
    return set.map { $0 < Self.names.count ? Self.names[$0] : "???" }.joined(separator: "+")
  }
}

/// What one step of a request asks for. Ceph: `CEPH_OSD_OP_FLAG_*`.
@usableFromInline package struct OpFlags: OptionSet, Hashable, Sendable {
  @usableFromInline package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Create only what does not exist.
  package static let exclusive = OpFlags(rawValue: 0x1)
  /// Go on with the next step when this one fails.
  package static let failOK = OpFlags(rawValue: 0x2)
  package static let adviseRandom = OpFlags(rawValue: 0x4)
  package static let adviseSequential = OpFlags(rawValue: 0x8)
  package static let adviseWillNeed = OpFlags(rawValue: 0x10)
  package static let adviseDontNeed = OpFlags(rawValue: 0x20)
  package static let adviseNoCache = OpFlags(rawValue: 0x40)
  package static let withReference = OpFlags(rawValue: 0x80)
  package static let bypassCleanCache = OpFlags(rawValue: 0x100)
}
