import Base
import Glibc

/// `perf dump|schema|reset|histogram` and `counter dump|schema`: Ceph's JSON of the counters.
///
/// `counter` is of later releases: the same, in a list for each logger, with labels.
enum PerfCommands {
  /// `refresh` is awaited before values are read.
  static func add(
    to table: CommandTable, _ registry: PerfRegistry, refresh: @escaping @Sendable () async -> Void
  ) {
    let filter = [
      CommandParameter("logger", .string, required: false),
      CommandParameter("counter", .string, required: false),
    ]
    func add(
      _ prefix: String, _ parameters: [CommandParameter], _ help: String,
      _ body: @escaping @Sendable (PerfRegistry, CommandArguments) -> CommandResult
    ) {
      table.add(
        Command(prefix, parameters, help: help) { arguments in
          await refresh()
          return body(registry, arguments)
        })
    }
    add("perf dump", filter, "dump perfcounters value") { $1.dump($0, .values, isLabeled: false) }
    add("perf schema", [], "dump perfcounters schema") {
      $1.dump($0, .schema, isLabeled: false)
    }
    add("perf histogram dump", filter, "dump perf histogram values") {
      $1.dump($0, .histograms, isLabeled: false)
    }
    add("perf histogram schema", [], "dump perf histogram schema") {
      $1.dump($0, .histogramSchema, isLabeled: false)
    }
    add("counter dump", [], "dump all labeled and non-labeled counters and their values") {
      $1.dump($0, .values, isLabeled: true)
    }
    add("counter schema", [], "dump all labeled and non-labeled counters schemas") {
      $1.dump($0, .schema, isLabeled: true)
    }
    add("perfcounters_dump", [], "") { $1.dump($0, .values, isLabeled: false) }
    add("perfcounters_schema", [], "") { $1.dump($0, .schema, isLabeled: false) }
    add(
      "perf reset", [CommandParameter("var", .string)],
      "perf reset <name>: perf reset all or one perfcounter name"
    ) { registry, arguments in reset(registry, arguments) }
  }

  private static func reset(
    _ registry: PerfRegistry, _ arguments: CommandArguments
  )
    -> CommandResult
  {
    let name = arguments.text("var") ?? ""
    let isKnown = registry.reset(logger: name == "all" ? nil : name)
    return arguments.json { json in
      json.object { json in
        if isKnown {
          json.string("success", "perf reset \(name)")
        } else {
          json.string("error", "Not find: \(name)")
        }
      }
    }
  }
}

private enum PerfView { case values, schema, histograms, histogramSchema }

extension CommandArguments {
  fileprivate func dump(
    _ registry: PerfRegistry, _ view: PerfView, isLabeled: Bool
  )
    -> CommandResult
  {
    let logger = text("logger").flatMap { $0.isEmpty ? nil : $0 }
    return json { json in
      json.object { json in
        for (name, groups) in registry.byName where logger == nil || name == logger {
          guard isLabeled else {
            json.object(name) { counters(of: groups, view, &$0) }
            continue
          }
          json.array(name) { json in
            json.object { json in
              json.object("labels") { _ in }
              json.object("counters") { counters(of: groups, view, &$0) }
            }
          }
        }
      }
    }
  }

  private func counters(of groups: [PerfCounters], _ view: PerfView, _ json: inout JSONWriter) {
    let wanted = text("counter").flatMap { $0.isEmpty ? nil : $0 }
    let wantsHistograms = view == .histograms || view == .histogramSchema
    for (index, declaration) in groups[0].declarations.enumerated()
    where (wanted == nil || declaration.name == wanted)
      && (declaration.kind == .histogram) == wantsHistograms
    {
      switch view {
      case .values: json.value(of: declaration, PerfCounters.total(of: groups, index))
      case .schema, .histogramSchema: json.schema(of: declaration)
      case .histograms:
        json.histogram(declaration.name, groups.compactMap { $0.histograms[index] })
      }
    }
  }
}
