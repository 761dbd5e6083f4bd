import Base
import RadosTypes

/// The client ops that a shard has in flight, for `dump_ops_in_flight` and for counting slow ones.
///
/// Confined to its shard's reactor. Ceph: `OpTracker`.
struct OpTracker {
  private var ops: ContiguousArray<ClientOp?> = []
  private var free: [Int] = []
  private(set) var count = 0

  mutating func add(_ op: ClientOp) {
    count += 1
    if let place = free.popLast() {
      op.place = place
      ops[place] = op
    } else {
      op.place = ops.count
      ops.append(op)
    }
  }

  /// False if it was not in flight.
  mutating func remove(_ op: ClientOp) -> Bool {
    guard op.place >= 0 else { return false }
    ops[op.place] = nil
    free.append(op.place)
    op.place = -1
    count -= 1
    return true
  }

  /// Oldest first.
  var inFlight: [ClientOp] {
    ops.compactMap { $0 }.sorted { $0.age < $1.age }
  }

  /// Those in flight for longer than this.
  func slowCount(olderThan limit: Duration, now: Instant) -> Int {
    ops.count { op in op.flatMap { $0.reached(.initiated) }.map { now - $0 > limit } ?? false }
  }
}

extension ClientOp {
  /// One element of `dump_ops_in_flight`.
  func dump(into json: inout JSONWriter, clock: any Clock) {
    let now = clock.now
    let wall = clock.wallNanoseconds
    func time(_ instant: Instant) -> String {
      UTime(wallNanoseconds: wall &- (now.nanoseconds &- instant.nanoseconds)).description
    }
    let begun = reached(.initiated) ?? now
    json.object { json in
      json.string("description", summary)
      json.string("initiated_at", time(begun))
      json.real("age", (now - begun).inSeconds)
      json.real("duration", (now - begun).inSeconds)
      json.object("type_data") { json in
        json.string("flag_point", waitingFor == nil ? step.flagPoint : "delayed")
        json.object("client_info") { json in
          json.string("client", source.peer.description)
          json.string("client_addr", "\(source.peerAddress)")
          json.integer("tid", request.tid)
        }
        json.array("events") { json in
          for step in OpStep.allCases {
            guard let stamp = reached(step) else { continue }
            Self.event(step.eventName, time(stamp), &json)
          }
          if let waitingFor { Self.event("\(waitingFor)", time(now), &json) }
        }
      }
    }
  }

  private static func event(_ name: String, _ time: String, _ json: inout JSONWriter) {
    json.object { json in
      json.string("event", name)
      json.string("time", time)
    }
  }

  /// As `MOSDOp` prints itself.
  package var summary: String {
    let ops = request.ops.map(\.description).joined(separator: ",")
    return "osd_op(\(reqID) \(request.pgID) \(request.object) [\(ops)] "
      + "snapc \(request.snapContext) \(request.flags) e\(request.epoch))"
  }
}
