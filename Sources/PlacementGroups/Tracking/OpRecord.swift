import Base
import Peering
import RadosTypes

/// What is told of an op, in flight or over.
package struct OpRecord: Sendable {
  package let summary: String
  package let origin: TrackedOp.Origin
  package let pool: Int64
  package let trace: OpTrace
  package let copies: [PGShard]

  package var isOver: Bool { trace.last.event == .done }

  /// Until it was over, or until now.
  package func duration(at now: Instant) -> Duration {
    (isOver ? trace.last.at : now) - trace.began
  }

  /// What it is in. Ceph: `OpRequest::state_string`.
  package var state: String { trace.flagPoint }

  func name(of mark: OpTrace.Mark) -> String {
    switch mark.event {
    case .delayed: OpDelay(rawValue: mark.argument)?.name ?? mark.event.name
    case .waitingForCopies:
      "\(mark.event.name) from \(copies.map(\.description).joined(separator: ","))"
    default: mark.event.name
    }
  }

  /// One element of `dump_ops_in_flight`, `dump_historic_ops` and so on.
  package func dump(into json: inout JSONWriter, clock: any Clock) {
    let now = clock.now
    func time(_ instant: Instant) -> String { UTime(instant, by: clock).description }
    json.object { json in
      json.string("description", summary)
      json.string("initiated_at", time(trace.began))
      json.seconds("age", now - trace.began)
      json.seconds("duration", duration(at: now))
      json.object("type_data") { json in
        json.string("flag_point", trace.flagPoint)
        if origin.name.type == .client { dumpClient(into: &json) }
        json.array("events") { json in
          let marks = trace.events
          for (index, mark) in marks.enumerated() {
            let next =
              index + 1 < marks.count ? marks[index + 1].at - mark.at : mark.at - trace.began
            json.object { json in
              json.string("event", name(of: mark))
              json.string("time", time(mark.at))
              json.seconds("duration", next)
            }
          }
        }
      }
    }
  }

  private func dumpClient(into json: inout JSONWriter) {
    json.object("client_info") { json in
      json.string("client", origin.name.description)
      json.string("client_addr", "\(origin.address)")
      json.integer("tid", origin.tid)
    }
  }
}

extension JSONWriter {
  /// Seconds with nine decimals.
  package mutating func seconds(_ name: String? = nil, _ duration: Duration) {
    let nanoseconds = max(duration.wholeNanoseconds, 0)
    let fraction = String(1_000_000_000 + nanoseconds % 1_000_000_000).dropFirst()
    number(name, digits: "\(nanoseconds / 1_000_000_000).\(fraction)")
  }
}
