import Buffers
import Messages
import RadosTypes

extension MessageCoder {
  /// Every message that this project implements.
  static let all: [MessageCoder] = monitor + manager + client + peers

  private static let fsid = UniqueID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
  private static let pg = ShardPGID(PGID(pool: 2, seed: 0x1f))

  static let monitor: [MessageCoder] = [
    MessageCoder(MPing.self),
    MessageCoder(MMonGetMap.self),
    MessageCoder(MMonMap.self),
    MessageCoder(MMonSubscribe.self),
    MessageCoder(
      MMonSubscribeAck.self, example: MMonSubscribeAck(interval: 300, fsid: fsid)),
    MessageCoder(MMonGetVersion.self),
    MessageCoder(MMonGetVersionReply.self),
    MessageCoder(MMonCommand.self),
    MessageCoder(MMonCommandAck.self),
    MessageCoder(
      MMonGetOSDMap.self, example: MMonGetOSDMap(fullFirst: 1, fullLast: 3)),
    MessageCoder(
      MAuth.self, optionalTail: 4,
      example: MAuth(method: 2, payload: ByteSlice([1, 2, 3]), monMapEpoch: 1)),
    MessageCoder(
      MAuthReply.self,
      example: MAuthReply(
        method: 2, result: -13, globalID: 4127, payload: ByteSlice([1, 2]), text: "no")),
    MessageCoder(MConfig.self),
    MessageCoder(MLog.self),
    MessageCoder(MLogAck.self, optionalTail: 11),
    MessageCoder(MOSDMap.self),
    MessageCoder(MOSDBoot.self),
    MessageCoder(MOSDAlive.self),
    MessageCoder(MOSDBeacon.self),
    MessageCoder(MOSDMarkMeDown.self),
    MessageCoder(MOSDFailure.self),
    MessageCoder(
      MOSDFull.self, example: MOSDFull(epoch: 12, state: 0x20)),
    MessageCoder(MOSDPGTemp.self),
    MessageCoder(MOSDPGCreate2.self),
    MessageCoder(MOSDPGCreated.self),
    MessageCoder(MOSDPGReadyToMerge.self),
    MessageCoder(
      MMonGetPurgedSnaps.self, example: MMonGetPurgedSnaps(start: 1, last: 9)),
    MessageCoder(
      MMonGetPurgedSnapsReply.self,
      example: MMonGetPurgedSnapsReply(
        start: 1, last: 9, purged: [4: [2: IntervalSet(start: 1, length: 3)]])),
  ]

  static let manager: [MessageCoder] = [
    MessageCoder(MPGStats.self),
    MessageCoder(MMgrMap.self),
    MessageCoder(MMgrOpen.self),
    MessageCoder(
      MMgrClose.self, example: MMgrClose(daemonName: "0")),
    MessageCoder(MMgrConfigure.self, optionalTail: 5),
    MessageCoder(MMgrReport.self),
    MessageCoder(MMgrCommand.self),
    MessageCoder(MMgrCommandReply.self),
    MessageCoder(MCommand.self),
    MessageCoder(MCommandReply.self),
    MessageCoder(MOSDScrub2.self),
    MessageCoder(
      MOSDScrub.self,
      example: MOSDScrub(fsid: fsid, pgs: [pg.pgID], isRepair: false, isDeep: true)),
    MessageCoder(
      MOSDForceRecovery.self, example: MOSDForceRecovery(fsid: fsid, pgs: [pg], options: 1)),
  ]

  static let client: [MessageCoder] = [
    MessageCoder(MOSDOp.self),
    MessageCoder(MOSDOpReply.self),
    MessageCoder(MWatchNotify.self),
    MessageCoder(MOSDBackoff.self),
  ]

  static let peers: [MessageCoder] = [
    MessageCoder(MOSDPing.self),
    MessageCoder(MOSDRepOp.self),
    MessageCoder(MOSDRepOpReply.self),
    MessageCoder(MOSDPGNotify.self),
    MessageCoder(MOSDPGNotify2.self),
    MessageCoder(MOSDPGQuery2.self),
    MessageCoder(MOSDPGInfo2.self),
    MessageCoder(MOSDPGLog.self),
    MessageCoder(MOSDPGLease.self),
    MessageCoder(MOSDPGLeaseAck.self),
    MessageCoder(MOSDPGPush.self),
    MessageCoder(MOSDPGPull.self),
    MessageCoder(MOSDPGPushReply.self),
    MessageCoder(MOSDPGScan.self),
    MessageCoder(MOSDPGBackfill.self),
    MessageCoder(
      MOSDPGBackfillRemove.self,
      example: MOSDPGBackfillRemove(
        pgID: pg, epoch: 12,
        objects: [
          ObjectVersion(HObject(pool: 2, hash: 31, name: "a"), EVersion(epoch: 3, version: 4))
        ])),
    MessageCoder(MBackfillReserve.self),
    MessageCoder(MRecoveryReserve.self),
    MessageCoder(MOSDPGRecoveryDelete.self),
    MessageCoder(MOSDPGRecoveryDeleteReply.self),
    MessageCoder(MOSDPGUpdateLogMissing.self),
    MessageCoder(MOSDPGUpdateLogMissingReply.self),
    MessageCoder(MOSDRepScrub.self),
    MessageCoder(MOSDRepScrubMap.self),
    MessageCoder(MOSDScrubReserve.self),
    MessageCoder(MOSDPGTrim.self),
    MessageCoder(MOSDPGRemove.self),
    MessageCoder(MOSDECSubOpWrite.self),
    MessageCoder(MOSDECSubOpWriteReply.self),
    MessageCoder(MOSDECSubOpRead.self),
    MessageCoder(MOSDECSubOpReadReply.self),
    MessageCoder(
      MOSDMarkMeDead.self, example: MOSDMarkMeDead(fsid: fsid, osd: 3, epoch: 12)),
  ]
}
