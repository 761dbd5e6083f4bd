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

/// On the device, beside the store's own superblock.
extension OSDIdentity {
  package var metadata: [String: String] {
    ["whoami": "\(whoami)", "ceph_fsid": "\(cluster)", "fsid": "\(osd)"]
  }

  package init?(metadata: [String: String]) {
    guard let whoami = metadata["whoami"].flatMap(Int32.init),
      let cluster = metadata["ceph_fsid"].flatMap({ UniqueID($0) }),
      let osd = metadata["fsid"].flatMap({ UniqueID($0) })
    else { return nil }
    self.init(whoami: whoami, cluster: cluster, osd: osd)
  }
}
