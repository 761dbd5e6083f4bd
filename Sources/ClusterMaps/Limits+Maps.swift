import Base

extension Limits {
  /// OSD numbers are places in arrays. Ceph's own limit for a cluster (`mon_max_osd`) is 10,000.
  package static let osdCountMax: Int32 = 1 << 20
}
