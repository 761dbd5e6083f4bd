import Base

/// `perf dump|schema|reset`: Ceph's JSON of the counters.
enum PerfCommands {
  static func add(to table: CommandTable, _ registry: PerfRegistry) {
    let filter = [
      CommandParameter("logger", .string, required: false),
      CommandParameter("counter", .string, required: false),
    ]
    table.add(
      Command("perf dump", filter, help: "dump perfcounters value") { arguments in
        dump(registry, arguments, value)
      })
    table.add(
      Command("perf schema", filter, help: "dump perfcounters schema") { arguments in
        dump(registry, arguments) { json, declaration, _ in schema(&json, declaration) }
      })
    table.add(
      Command(
        "perf reset", [CommandParameter("var", .string)],
        help: "perf reset <name>: perf reset all or one perfcounter name"
      ) { arguments in
        let name = arguments.text("var")
        registry.reset(logger: name == "all" ? nil : name)
        return arguments.json { $0.object { $0.string("success", "perf reset \(name ?? "")") } }
      })
  }

  private static func dump(
    _ registry: PerfRegistry, _ arguments: CommandArguments,
    _ body: (inout JSONWriter, PerfDeclaration, (sum: UInt64, count: UInt64)) -> Void
  ) -> CommandResult {
    let logger = arguments.text("logger").flatMap { $0.isEmpty ? nil : $0 }
    let counter = arguments.text("counter").flatMap { $0.isEmpty ? nil : $0 }
    return arguments.json { json in
      json.object { json in
        for (name, groups) in registry.byName where logger == nil || name == logger {
          json.object(name) { json in
            for (index, declaration) in groups[0].declarations.enumerated()
            where counter == nil || declaration.name == counter {
              body(&json, declaration, total(groups, index))
            }
          }
        }
      }
    }
  }

  private static func total(_ groups: [PerfCounters], _ index: Int) -> (sum: UInt64, count: UInt64)
  {
    groups.reduce((0, 0)) { so, group in
      let value = group.value(index)
      return (so.0 &+ value.sum, so.1 &+ value.count)
    }
  }

  private static func value(
    _ json: inout JSONWriter, _ declaration: PerfDeclaration, _ value: (sum: UInt64, count: UInt64)
  ) {
    switch declaration.kind {
    case .gauge, .counter: json.integer(declaration.name, value.sum)
    case .time: json.number(declaration.name, digits: seconds(value.sum))
    case .average, .timeAverage:
      json.object(declaration.name) { json in
        json.integer("avgcount", value.count)
        if declaration.kind == .average {
          json.integer("sum", value.sum)
        } else {
          json.number("sum", digits: seconds(value.sum))
          json.number("avgtime", digits: seconds(value.count == 0 ? 0 : value.sum / value.count))
        }
      }
    }
  }

  /// Nanoseconds as seconds with nine decimals.
  private static func seconds(_ nanoseconds: UInt64) -> String {
    let fraction = String(1_000_000_000 + nanoseconds % 1_000_000_000).dropFirst()
    return "\(nanoseconds / 1_000_000_000).\(fraction)"
  }

  private static func schema(_ json: inout JSONWriter, _ declaration: PerfDeclaration) {
    let isAverage = declaration.kind == .average || declaration.kind == .timeAverage
    let isTime = declaration.kind == .time || declaration.kind == .timeAverage
    json.object(declaration.name) { json in
      json.integer("type", declaration.kind.rawValue)
      json.string("metric_type", declaration.kind == .counter ? "counter" : "gauge")
      json.string(
        "value_type",
        isAverage
          ? (isTime ? "real-integer-pair" : "integer-integer-pair") : isTime ? "real" : "integer")
      json.string("description", declaration.description)
      json.string("nick", declaration.nick)
      json.integer("priority", declaration.priority)
      json.string("units", declaration.isBytes ? "bytes" : "none")
    }
  }
}
