/// What a client may ask for, with the defaults of Ceph 16.2's options of these names.
package struct OpLimits: Sendable {
  /// osd_max_object_size: EFBIG.
  package var objectBytesMax: UInt64 = 128 << 20
  /// osd_max_write_size, which is in MiB there: EMSGSIZE.
  package var writeBytesMax: Int = 90 << 20
  /// osd_max_object_name_len and osd_max_object_namespace_len: ENAMETOOLONG.
  package var nameBytesMax = 2048
  package var namespaceBytesMax = 256
  /// osd_max_attr_name_len: ENAMETOOLONG; osd_max_attr_size, 0 is none: EFBIG.
  package var attributeNameBytesMax = 100
  package var attributeBytesMax = 0
  /// osd_max_omap_entries_per_request, osd_max_omap_bytes_per_request: answers are cut.
  package var omapEntriesMax: UInt64 = 1024
  package var omapBytesMax = 1 << 30
  /// osd_max_pgls: answers are cut.
  package var listingMax: UInt64 = 1024
  /// osd_max_write_op_reply_len: EOVERFLOW for a write that returns more.
  package var writeReplyBytesMax = 32

  package init() {}
}
