import Messages

extension MessageCoder {
  /// Every message that this project implements.
  static let all: [MessageCoder] = monitor + manager + client + peers

  static let monitor: [MessageCoder] = [
    MessageCoder(MPing.self),
    MessageCoder(MMonGetMap.self),
    MessageCoder(MMonMap.self),
    MessageCoder(MMonSubscribe.self),
    MessageCoder(MMonSubscribeAck.self, hasSample: false),
    MessageCoder(MMonGetVersion.self),
    MessageCoder(MMonGetVersionReply.self),
    MessageCoder(MMonCommand.self),
    MessageCoder(MMonCommandAck.self),
    MessageCoder(MMonGetOSDMap.self, hasSample: false),
    MessageCoder(MAuth.self, optionalTail: 4, hasSample: false),
    MessageCoder(MAuthReply.self, hasSample: false),
    MessageCoder(MConfig.self),
    MessageCoder(MLog.self),
    MessageCoder(MLogAck.self, optionalTail: 11),
    MessageCoder(MOSDMap.self),
    MessageCoder(MOSDBoot.self),
    MessageCoder(MOSDAlive.self),
    MessageCoder(MOSDBeacon.self),
    MessageCoder(MOSDMarkMeDown.self),
    MessageCoder(MOSDFailure.self),
    MessageCoder(MOSDFull.self, hasSample: false),
    MessageCoder(MOSDPGTemp.self),
    MessageCoder(MOSDPGCreate2.self),
    MessageCoder(MOSDPGCreated.self),
    MessageCoder(MOSDPGReadyToMerge.self),
    MessageCoder(MMonGetPurgedSnaps.self, hasSample: false),
    MessageCoder(MMonGetPurgedSnapsReply.self, hasSample: false),
  ]

  static let manager: [MessageCoder] = [
    MessageCoder(MPGStats.self),
    MessageCoder(MMgrMap.self),
    MessageCoder(MMgrOpen.self),
    MessageCoder(MMgrClose.self, hasSample: false),
    MessageCoder(MMgrConfigure.self, optionalTail: 5),
    MessageCoder(MMgrReport.self),
    MessageCoder(MMgrCommand.self),
    MessageCoder(MMgrCommandReply.self),
    MessageCoder(MCommand.self),
    MessageCoder(MCommandReply.self),
    MessageCoder(MOSDScrub2.self),
    MessageCoder(MOSDForceRecovery.self, hasSample: false),
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
    MessageCoder(MOSDPGBackfillRemove.self, hasSample: false),
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
    MessageCoder(MOSDMarkMeDead.self, hasSample: false),
  ]
}
