import RadosTypes

/// What a request's ops amount to: does it read, write, list; in which order must it run.
///
/// Ceph: `OpInfo` (osd_op_util.cc).
package struct RequestClass: Sendable {
  package var reads = false
  package var writes = false
  package var caches = false
  package var listsPG = false
  /// Wants its place among the writes although it only reads.
  package var isOrdered = false
  package var callsClass = false

  package init(_ ops: [OSDOp], flags: RequestFlags) {
    isOrdered = flags.contains(.readWriteOrdered)
    for op in ops {
      let isPing = op.rawCode == OpCode.watch.rawValue && op.watch.operation == 7
      if op.modeWrites && !isPing { writes = true }
      if op.modeReads || op.rawCode == OpCode.watch.rawValue { reads = true }
      if op.modeCaches { caches = true }
      if op.isPGOp { listsPG = true }
      if op.rawCode == OpCode.call.rawValue { callsClass = true }
    }
  }

  /// Nothing that an OSD could do: -EINVAL.
  package var isNothing: Bool { !reads && !writes && !caches && !listsPG && !callsClass }
  package var isWriteOrdered: Bool { writes || caches || isOrdered }
}
