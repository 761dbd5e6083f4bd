import Wire

/// How much room a store, or a pool's part of it, has and uses; bytes.
///
/// Ceph: `store_statfs_t`. Layout: framed 1/1, ten s64 in this order.
package struct StoreStatfs: Hashable, Sendable {
  package var total: UInt64 = 0
  package var available: UInt64 = 0
  package var internallyReserved: UInt64 = 0
  package var allocated: Int64 = 0
  package var dataStored: Int64 = 0
  package var dataCompressed: Int64 = 0
  package var dataCompressedAllocated: Int64 = 0
  package var dataCompressedOriginal: Int64 = 0
  package var omapAllocated: Int64 = 0
  package var internalMetadata: Int64 = 0

  package init() {}

  package init(total: UInt64, available: UInt64) {
    self.total = total
    self.available = available
  }

  /// What is used, with what the store reserves for itself.
  package var usedRaw: UInt64 { total &- available }
}

extension StoreStatfs: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("store_statfs_t", understands: 1) {
      (reader, _) throws(DecodeError) in
      var statfs = StoreStatfs()
      statfs.total = try reader.read()
      statfs.available = try reader.read()
      statfs.internallyReserved = try reader.read()
      statfs.allocated = try reader.read()
      statfs.dataStored = try reader.read()
      statfs.dataCompressed = try reader.read()
      statfs.dataCompressedAllocated = try reader.read()
      statfs.dataCompressedOriginal = try reader.read()
      statfs.omapAllocated = try reader.read()
      statfs.internalMetadata = try reader.read()
      return statfs
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(total)
      writer.write(available)
      writer.write(internallyReserved)
      writer.write(allocated)
      writer.write(dataStored)
      writer.write(dataCompressed)
      writer.write(dataCompressedAllocated)
      writer.write(dataCompressedOriginal)
      writer.write(omapAllocated)
      writer.write(internalMetadata)
    }
  }
}
