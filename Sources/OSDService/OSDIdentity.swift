import RadosTypes

/// Who this OSD is; fixed at mkfs, read from the device at every start.
package struct OSDIdentity: Hashable, Sendable {
  package var whoami: Int32
  package var cluster: UniqueID
  package var osd: UniqueID

  package init(whoami: Int32, cluster: UniqueID, osd: UniqueID) {
    self.whoami = whoami
    self.cluster = cluster
    self.osd = osd
  }

  package var name: EntityName { EntityName(.osd, Int64(whoami)) }
}
