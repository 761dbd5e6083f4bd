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

  fileprivate struct Counter {
    var path: String
    var declaration: PerfDeclaration
    var value: (sum: UInt64, count: UInt64)
  }

  /// The manager forgets what was declared when a session is opened.
  mutating func newSession() { declared = [] }

  /// Counters of a priority of at least `threshold`.
  mutating func collect(_ registry: PerfRegistry, threshold: UInt32) -> Content {
    let counters = Self.counters(registry).filter { UInt32($0.declaration.priority) >= threshold }
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

  private static func pack(_ counters: [Counter]) -> ByteSlice {
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

  /// By path; groups of one name are added up.
  private static func counters(_ registry: PerfRegistry) -> [Counter] {
    var counters: [Counter] = []
    for (name, groups) in registry.byName {
      guard let first = groups.first else { continue }
      for (index, declaration) in first.declarations.enumerated() {
        counters.append(
          Counter(
            path: "\(name).\(declaration.name)", declaration: declaration,
            value: PerfCounters.total(of: groups, index)))
      }
    }
    return counters.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }
}

extension PerfReport.Counter {
  fileprivate var type: PerfCounterType {
    PerfCounterType(
      path: path, description: declaration.description, nick: declaration.nick,
      kind: declaration.kind.rawValue, priority: declaration.priority,
      unit: declaration.isBytes ? 0 : 1)
  }
}
