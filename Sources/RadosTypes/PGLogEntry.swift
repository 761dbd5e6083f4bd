import Buffers
import Wire

/// One change of one object, in a PG's log.
///
/// Ceph: `pg_log_entry_t`. Encoded as version 14/4; the order is in the coder.
package struct PGLogEntry: Hashable, Sendable {
  package enum Operation: Int32, Sendable {
    case modify = 1
    case clone = 2
    case delete = 3
    case lostRevert = 5
    case lostDelete = 6
    case lostMark = 7
    case promote = 8
    case clean = 9
    /// Changed nothing; keeps the result for a repeated request.
    case error = 10
  }

  package var operation: Operation
  package var object: HObject
  package var version: EVersion
  /// The object's version before; 0'0 when it was not there.
  package var priorVersion: EVersion
  /// For `lostRevert` alone.
  package var revertingTo = EVersion.zero
  package var reqID: ReqID
  package var mtime: UTime
  package var userVersion: UInt64
  package var returnCode: Int32 = 0
  /// An encoded `vector<u64>` for clones, else empty.
  package var snaps = ByteString()
  package var modification = ObjectModDesc()
  package var extraReqIDs: [ExtraReqID] = []
  package var extraReturnCodes: [UInt32: Int32] = [:]
  package var cleanRegions = ObjectCleanRegions()
  package var opReturns: [OpReturn] = []

  package init(
    _ operation: Operation, _ object: HObject, version: EVersion, priorVersion: EVersion,
    reqID: ReqID = .none, mtime: UTime = .zero, userVersion: UInt64 = 0, returnCode: Int32 = 0
  ) {
    self.operation = operation
    self.object = object
    self.version = version
    self.priorVersion = priorVersion
    self.reqID = reqID
    self.mtime = mtime
    self.userVersion = userVersion
    self.returnCode = returnCode
  }

  package var isError: Bool { operation == .error }
  package var isDelete: Bool { operation == .delete || operation == .lostDelete }
  package var isUpdate: Bool { !isDelete && !isError && operation != .lostMark }
  package var indexesReqID: Bool {
    reqID != .none && (operation == .modify || operation == .delete || operation == .error)
  }

  /// The clone's snapshots.
  package var snapIDs: [SnapID] {
    get throws(DecodeError) {
      if snaps.isEmpty { return [] }
      var reader = WireReader(snaps.slice)
      return try reader.readArray()
    }
  }
}

extension PGLogEntry.Operation: CustomStringConvertible {
  package var description: String {
    switch self {
    case .modify: "modify"
    case .clone: "clone"
    case .delete: "delete"
    case .lostRevert: "l_revert"
    case .lostDelete: "l_delete"
    case .lostMark: "l_mark"
    case .promote: "promote"
    case .clean: "clean"
    case .error: "error"
    }
  }
}

extension PGLogEntry: CustomStringConvertible {
  package var description: String {
    "\(version) (\(priorVersion)) \(operation) \(object) by \(reqID) \(mtime) \(returnCode)"
  }
}
