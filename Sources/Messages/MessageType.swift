/// A message's number. Ceph: `MSG_*` and `CEPH_MSG_*`; prints as `ceph_osd` logs name the messages.
@usableFromInline package struct MessageType: RawRepresentable, Hashable, Sendable {
  @usableFromInline package var rawValue: UInt16
  @inlinable
  package init(rawValue: UInt16) { self.rawValue = rawValue }
  private init(_ rawValue: UInt16) { self.rawValue = rawValue }

  // Anybody
  package static let ping = MessageType(2)

  // With the monitor
  package static let monMap = MessageType(4)
  package static let monGetMap = MessageType(5)
  package static let monGetOSDMap = MessageType(6)
  package static let monSubscribe = MessageType(15)
  package static let monSubscribeAck = MessageType(16)
  package static let auth = MessageType(17)
  package static let authReply = MessageType(18)
  package static let monGetVersion = MessageType(19)
  package static let monGetVersionReply = MessageType(20)
  package static let osdMap = MessageType(41)
  package static let monCommand = MessageType(50)
  package static let monCommandAck = MessageType(51)
  package static let log = MessageType(52)
  package static let logAck = MessageType(53)
  package static let config = MessageType(62)
  package static let osdBoot = MessageType(71)
  package static let osdFailure = MessageType(72)
  package static let osdAlive = MessageType(73)
  package static let osdMarkMeDown = MessageType(74)
  package static let osdFull = MessageType(75)
  package static let monGetPurgedSnaps = MessageType(76)
  package static let monGetPurgedSnapsReply = MessageType(77)
  package static let osdPGTemp = MessageType(78)
  package static let osdBeacon = MessageType(79)
  package static let osdPGCreated = MessageType(116)
  package static let osdPGCreate2 = MessageType(120)
  package static let osdPGReadyToMerge = MessageType(122)
  package static let osdMarkMeDead = MessageType(123)

  // With the manager
  package static let pgStats = MessageType(87)
  package static let command = MessageType(97)
  package static let commandReply = MessageType(98)
  package static let osdScrub = MessageType(91)
  package static let osdScrub2 = MessageType(121)
  package static let osdForceRecovery = MessageType(151)
  package static let mgrOpen = MessageType(0x700)
  package static let mgrConfigure = MessageType(0x701)
  package static let mgrReport = MessageType(0x702)
  package static let mgrMap = MessageType(0x704)
  package static let mgrClose = MessageType(0x708)
  package static let mgrCommand = MessageType(0x709)
  package static let mgrCommandReply = MessageType(0x70a)

  // With clients
  package static let osdOp = MessageType(42)
  package static let osdOpReply = MessageType(43)
  package static let watchNotify = MessageType(44)
  package static let osdBackoff = MessageType(61)

  // Between OSDs
  package static let osdPing = MessageType(70)
  package static let osdPGNotify = MessageType(80)
  package static let osdPGQuery = MessageType(81)
  package static let osdPGLog = MessageType(83)
  package static let osdPGRemove = MessageType(84)
  package static let osdPGInfo = MessageType(85)
  package static let osdPGTrim = MessageType(86)
  package static let osdScrubReserve = MessageType(92)
  package static let osdRepScrub = MessageType(93)
  package static let osdPGScan = MessageType(94)
  package static let osdPGBackfill = MessageType(95)
  package static let osdPGBackfillRemove = MessageType(96)
  package static let osdBackfillReserve = MessageType(99)
  package static let osdPGPush = MessageType(105)
  package static let osdPGPull = MessageType(106)
  package static let osdPGPushReply = MessageType(107)
  package static let osdECSubOpWrite = MessageType(108)
  package static let osdECSubOpWriteReply = MessageType(109)
  package static let osdECSubOpRead = MessageType(110)
  package static let osdECSubOpReadReply = MessageType(111)
  package static let osdRepOp = MessageType(112)
  package static let osdRepOpReply = MessageType(113)
  package static let osdPGUpdateLogMissing = MessageType(114)
  package static let osdPGUpdateLogMissingReply = MessageType(115)
  package static let osdRepScrubMap = MessageType(117)
  package static let osdPGRecoveryDelete = MessageType(118)
  package static let osdPGRecoveryDeleteReply = MessageType(119)
  package static let osdPGNotify2 = MessageType(130)
  package static let osdPGQuery2 = MessageType(131)
  package static let osdPGInfo2 = MessageType(132)
  package static let osdPGLease = MessageType(133)
  package static let osdPGLeaseAck = MessageType(134)
  package static let osdRecoveryReserve = MessageType(150)
}

extension MessageType: CustomStringConvertible {
  @usableFromInline package var description: String { Self.names[self] ?? "message \(rawValue)" }

  private static let names: [MessageType: String] = [
    .ping: "ping", .monMap: "mon_map", .monGetMap: "mon_getmap", .monGetOSDMap: "mon_get_osdmap",
    .monSubscribe: "mon_subscribe", .monSubscribeAck: "mon_subscribe_ack", .auth: "auth",
    .authReply: "auth_reply", .monGetVersion: "mon_get_version",
    .monGetVersionReply: "mon_get_version_reply", .osdMap: "osd_map", .monCommand: "mon_command",
    .monCommandAck: "mon_command_ack", .log: "log", .logAck: "log_ack", .config: "config",
    .osdBoot: "osd_boot", .osdFailure: "osd_failure", .osdAlive: "osd_alive",
    .osdMarkMeDown: "MOSDMarkMeDown", .osdFull: "osd_full",
    .monGetPurgedSnaps: "mon_get_purged_snaps",
    .monGetPurgedSnapsReply: "mon_get_purged_snaps_reply", .osdPGTemp: "osd_pgtemp",
    .osdBeacon: "osd_beacon", .osdPGCreated: "osd_pg_created", .osdPGCreate2: "pg_create2",
    .osdPGReadyToMerge: "osd_pg_ready_to_merge", .osdMarkMeDead: "MOSDMarkMeDead",
    .pgStats: "pg_stats", .command: "command", .commandReply: "command_reply",
    .osdScrub: "scrub", .osdScrub2: "osd_scrub2", .osdForceRecovery: "force_recovery",
    .mgrOpen: "mgropen",
    .mgrConfigure: "mgrconfigure", .mgrReport: "mgrreport", .mgrMap: "mgrmap",
    .mgrClose: "mgrclose",
    .mgrCommand: "mgr_command", .mgrCommandReply: "mgr_command_reply", .osdOp: "osd_op",
    .osdOpReply: "osd_op_reply", .watchNotify: "watch-notify", .osdBackoff: "osd_backoff",
    .osdPing: "osd_ping", .osdPGNotify: "pg_notify", .osdPGQuery: "pg_query", .osdPGLog: "PGlog",
    .osdPGRemove: "PGRemove", .osdPGInfo: "pg_info", .osdPGTrim: "pg_trim",
    .osdScrubReserve: "MOSDScrubReserve", .osdRepScrub: "replica scrub", .osdPGScan: "pg_scan",
    .osdPGBackfill: "pg_backfill", .osdPGBackfillRemove: "backfill_remove",
    .osdBackfillReserve: "BackfillReserve", .osdPGPush: "MOSDPGPush", .osdPGPull: "MOSDPGPull",
    .osdPGPushReply: "MOSDPGPushReply", .osdECSubOpWrite: "MOSDECSubOpWrite",
    .osdECSubOpWriteReply: "MOSDECSubOpWriteReply", .osdECSubOpRead: "MOSDECSubOpRead",
    .osdECSubOpReadReply: "MOSDECSubOpReadReply", .osdRepOp: "osd_repop",
    .osdRepOpReply: "osd_repop_reply", .osdPGUpdateLogMissing: "pg_update_log_missing",
    .osdPGUpdateLogMissingReply: "pg_update_log_missing_reply", .osdRepScrubMap: "rep_scrubmap",
    .osdPGRecoveryDelete: "recovery_delete",
    .osdPGRecoveryDeleteReply: "recovery_delete_reply", .osdPGNotify2: "pg_notify2",
    .osdPGQuery2: "pg_query2", .osdPGInfo2: "pg_info2", .osdPGLease: "pg_lease",
    .osdPGLeaseAck: "pg_lease_ack", .osdRecoveryReserve: "MRecoveryReserve",
  ]
}
