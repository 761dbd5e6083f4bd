import Buffers
import Wire

/// The result of one step of a write, kept in the log so that a repeated request gets it again.
///
/// Ceph: `pg_log_op_return_item_t`. Layout: `result: s32, data: bufferlist`; no envelope.
package struct OpReturn: Hashable, Sendable {
  package var result: Int32
  package var data: ByteString

  package init(result: Int32, data: ByteString = ByteString()) {
    self.result = result
    self.data = data
  }
}

extension OpReturn: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    result = try reader.read()
    data = try reader.readByteString()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(result)
    writer.write(data)
  }
}

/// A request that an entry stands for besides its own, such as one that came before a copy.
///
/// Ceph: `pair<osd_reqid_t, version_t>`.
package struct ExtraReqID: Hashable, Sendable {
  package var reqID: ReqID
  package var userVersion: UInt64

  package init(reqID: ReqID, userVersion: UInt64) {
    self.reqID = reqID
    self.userVersion = userVersion
  }
}

extension ExtraReqID: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    reqID = try reader.read()
    userVersion = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(reqID)
    writer.write(userVersion)
  }
}
