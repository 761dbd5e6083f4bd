import Buffers
import Wire

/// Asks for what the last scrub of a PG found.
///
/// Ceph: `scrub_ls_arg_t`. Layout: framed 1/1, `interval: u32, wantsSnapSets: u32, name, namespace:
/// string, snap: u64, most: u64`.
package struct ScrubListRequest: Hashable, Sendable {
  /// The interval that earlier answers were of; 0 for the first.
  package var interval: UInt32 = 0
  package var wantsSnapSets = false
  /// The last one of the answer before; no name for the first.
  package var after = ObjectID()
  package var most: UInt64 = 0

  package init() {}
}

extension ScrubListRequest: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("scrub_ls_arg_t", understands: 1) {
      (reader, _) throws(DecodeError) in
      var request = ScrubListRequest()
      request.interval = try reader.read()
      request.wantsSnapSets = try reader.read(UInt32.self) != 0
      request.after.name = try reader.readByteString()
      request.after.namespace = try reader.readByteString()
      request.after.snap = try reader.read()
      request.most = try reader.read()
      return request
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(interval)
      writer.write(UInt32(wantsSnapSets ? 1 : 0))
      writer.write(after.name)
      writer.write(after.namespace)
      writer.write(after.snap)
      writer.write(most)
    }
  }
}

/// Some of what the last scrub found, each encoded.
///
/// Ceph: `scrub_ls_result_t`. Layout: framed 1/1, `interval: u32, values: vector<bufferlist>`.
package struct ScrubListResult: Hashable, Sendable {
  package var interval: UInt32
  package var values: [ByteSlice]

  package init(interval: UInt32, values: [ByteSlice]) {
    self.interval = interval
    self.values = values
  }
}

extension ScrubListResult: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("scrub_ls_result_t", understands: 1) {
      (reader, _) throws(DecodeError) in
      let interval = try reader.read(UInt32.self)
      let values = try reader.readArray(elementBytesMin: 4) { (reader) throws(DecodeError) in
        try reader.readBytes()
      }
      return ScrubListResult(interval: interval, values: values)
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(interval)
      writer.write(array: values) { writer, value in writer.write(value) }
    }
  }
}
