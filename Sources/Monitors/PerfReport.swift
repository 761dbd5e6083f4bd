import Base
import Buffers
import RadosTypes
import Wire

/// The counters of this daemon as the manager wants them: each told of once a session, then values only,
/// in the order of their paths.
///
/// Ceph: `MgrClient::_send_report`, read by `DaemonPerfCounters::update`.
struct PerfReport {
  private var declared: Set<String> = []

  struct Content {
    var declared: [PerfCounterType] = []
    var undeclared: [String] = []
    /// Framed 1/1: per counter `value: u64`, and for averages `count: u64` twice.
    var packed = ByteSlice.empty
  }

  /// The manager forgets what was declared when a session is opened.
  mutating func newSession() { declared = [] }

  /// Counters of a priority of at least `threshold`.
  mutating func collect(_ registry: PerfRegistry, threshold: UInt32) -> Content {
    let counters = registry.readings(priorityMin: threshold)
    var content = Content()
    let present = Set(counters.map(\.path))
    content.undeclared = declared.subtracting(present).sorted()
    declared.formIntersection(present)
    for counter in counters where declared.insert(counter.path).inserted {
      content.declared.append(counter.type)
    }
    content.packed = Self.pack(counters)
    return content
  }

  private static func pack(_ counters: [PerfReading]) -> ByteSlice {
    var writer = WireWriter(capacity: 64 + 24 * counters.count)
    writer.writeFramed(version: 1, compat: 1) { writer in
      for counter in counters {
        writer.write(counter.value.sum)
        guard counter.declaration.kind.isAverage else { continue }
        writer.write(counter.value.count)
        writer.write(counter.value.count)
      }
    }
    return writer.finish()
  }
}

extension PerfReading {
  fileprivate var type: PerfCounterType {
    PerfCounterType(
      path: path, description: declaration.description, nick: declaration.nick,
      kind: declaration.kind.rawValue, priority: declaration.priority,
      unit: declaration.isBytes ? 0 : 1)
  }
}
