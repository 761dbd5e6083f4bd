import Messages
import RadosTypes

/// What the manager wants scrubbed, in whichever message it said so.
package struct ScrubOrder: Hashable, Sendable {
  package var fsid: UniqueID
  /// nil: all that this OSD leads.
  package var pgs: [ShardPGID]?
  package var isDeep: Bool
  package var isRepair: Bool

  package init(_ message: MOSDScrub2) {
    fsid = message.fsid
    pgs = message.pgs
    isDeep = message.isDeep
    isRepair = message.isRepair
  }

  package init(_ message: MOSDScrub) {
    fsid = message.fsid
    pgs = message.pgs.isEmpty ? nil : message.pgs.map { ShardPGID($0) }
    isDeep = message.isDeep
    isRepair = message.isRepair
  }
}
