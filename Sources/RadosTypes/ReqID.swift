import Wire

/// One request of one client, the same when it is sent again: how a write is known to be a repetition.
///
/// Ceph: `osd_reqid_t`; prints `client.4127.0:12`.
/// Layout: framed 2/2, `name: entity_name_t, tid: u64, incarnation: s32`.
package struct ReqID: Hashable, Sendable {
  package var name: EntityName
  package var tid: UInt64
  package var incarnation: Int32

  package init(name: EntityName = .none, tid: UInt64 = 0, incarnation: Int32 = 0) {
    self.name = name
    self.tid = tid
    self.incarnation = incarnation
  }

  package static let none = ReqID()
}

extension ReqID: Comparable, CustomStringConvertible {
  package static func < (left: ReqID, right: ReqID) -> Bool {
    if left.name != right.name { return left.name < right.name }
    if left.incarnation != right.incarnation { return left.incarnation < right.incarnation }
    return left.tid < right.tid
  }

  package var description: String { "\(name).\(incarnation):\(tid)" }
}

extension ReqID: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("osd_reqid_t", understands: 2) { (reader, _) throws(DecodeError) in
      let name = try reader.read(EntityName.self)
      let tid = try reader.read(UInt64.self)
      return ReqID(name: name, tid: tid, incarnation: try reader.read(Int32.self))
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 2, compat: 2) { writer in
      writer.write(name)
      writer.write(tid)
      writer.write(incarnation)
    }
  }
}
