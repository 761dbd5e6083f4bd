import Wire

/// What is kept of an entry trimmed from the log, to know a repeated request.
///
/// Ceph: `pg_log_dup_t`. Layout: framed 2/1, `reqID, version, userVersion: u64, returnCode: s32,
/// opReturns: vector`.
package struct PGLogDup: Hashable, Sendable {
  package var reqID: ReqID
  package var version: EVersion
  package var userVersion: UInt64
  package var returnCode: Int32
  package var opReturns: [OpReturn]

  package init(
    reqID: ReqID, version: EVersion, userVersion: UInt64, returnCode: Int32,
    opReturns: [OpReturn] = []
  ) {
    self.reqID = reqID
    self.version = version
    self.userVersion = userVersion
    self.returnCode = returnCode
    self.opReturns = opReturns
  }

  package init(_ entry: PGLogEntry) {
    self.init(
      reqID: entry.reqID, version: entry.version, userVersion: entry.userVersion,
      returnCode: entry.returnCode, opReturns: entry.opReturns)
  }
}

extension PGLogDup: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_log_dup_t", understands: 2) {
      (reader, version) throws(DecodeError) in
      let reqID = try reader.read(ReqID.self)
      let at = try reader.read(EVersion.self)
      let userVersion = try reader.read(UInt64.self)
      let code = try reader.read(Int32.self)
      let returns = version >= 2 ? try reader.readArray(of: OpReturn.self) : []
      return PGLogDup(
        reqID: reqID, version: at, userVersion: userVersion, returnCode: code, opReturns: returns)
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 2, compat: 1) { writer in
      writer.write(reqID)
      writer.write(version)
      writer.write(userVersion)
      writer.write(returnCode)
      writer.write(array: opReturns)
    }
  }
}
