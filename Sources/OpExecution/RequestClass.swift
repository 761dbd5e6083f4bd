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
    let steps = ops.span
    for place in steps.indices {
      let code = steps[place].rawCode
      let mode = OpMode(code)
      let isWatch = code == OpCode.watch.rawValue
      let isPing = isWatch && steps[place].watch.operation == 7
      if mode.writes && !isPing { writes = true }
      if mode.reads || isWatch { reads = true }
      if mode.caches { caches = true }
      if mode.isPGOp { listsPG = true }
      if code == OpCode.call.rawValue { callsClass = true }
    }
  }

  /// Nothing that an OSD could do: -EINVAL.
  package var isNothing: Bool { !reads && !writes && !caches && !listsPG && !callsClass }
  package var isWriteOrdered: Bool { writes || caches || isOrdered }
}
