import Wire

/// Checksums of all shards of an erasure-coded object, kept with each as the attribute `hinfo_key`.
///
/// Ceph: `ECUtil::HashInfo`. Layout: framed 1/1, `chunkBytes: u64, hashes: vector<u32>`.
package struct ErasureHashInfo: Hashable, Sendable {
  /// Bytes of one shard.
  package var chunkBytes: UInt64
  /// CRC-32C from seed -1, by shard; none once the object has been overwritten.
  package var hashes: [UInt32]

  package init(chunkBytes: UInt64 = 0, hashes: [UInt32] = []) {
    self.chunkBytes = chunkBytes
    self.hashes = hashes
  }
}

extension ErasureHashInfo: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ECUtil::HashInfo", understands: 1) {
      (reader, _) throws(DecodeError) in
      let bytes = try reader.read(UInt64.self)
      return ErasureHashInfo(chunkBytes: bytes, hashes: try reader.readIntegers())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(chunkBytes)
      writer.write(integers: hashes)
    }
  }
}
