/// A counter as it was when somebody read it, its groups added up.
package struct PerfReading: Sendable {
  /// `logger.counter`.
  package let path: String
  package let declaration: PerfDeclaration
  /// Value or sum (times in nanoseconds), and the count of samples.
  package let value: (sum: UInt64, count: UInt64)

  package init(path: String, declaration: PerfDeclaration, value: (sum: UInt64, count: UInt64)) {
    self.path = path
    self.declaration = declaration
    self.value = value
  }
}

extension PerfRegistry {
  /// The counters of a priority of at least `priorityMin`, by path.
  package func readings(priorityMin: UInt32) -> [PerfReading] {
    var readings: [PerfReading] = []
    for (name, groups) in byName {
      for (index, declaration) in groups[0].declarations.enumerated()
      where UInt32(declaration.priority) >= priorityMin {
        readings.append(
          PerfReading(
            path: "\(name).\(declaration.name)", declaration: declaration,
            value: PerfCounters.total(of: groups, index)))
      }
    }
    return readings.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }
}
