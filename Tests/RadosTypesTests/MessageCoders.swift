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
    MessageCoder(MOSDPing.self)
  ]
}
