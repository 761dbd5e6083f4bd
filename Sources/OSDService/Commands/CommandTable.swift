import Base
import Glibc

/// Every command that the admin socket and `ceph tell` take. Filled at start, then only read.
package final class CommandTable: @unchecked Sendable {
  /// By prefix; several commands may share one and differ in parameters.
  private var commands: [Command] = []

  package init() {
    for prefix in ["help", "get_command_descriptions"] {
      // `execute` answers these itself, from the table; here they are only listed.
      add(Command(prefix, help: "list available commands") { _ in CommandResult() })
    }
  }

  package func add(_ command: Command) { commands.append(command) }

  /// Runs one request, the JSON text that `ceph` sends.
  package func execute(_ text: String) async -> CommandResult {
    guard case .object(let values)? = JSONValue.parse(text) else {
      return .failure(EINVAL, "invalid json")
    }
    guard let prefix = values["prefix"]?.asText else {
      return .failure(EINVAL, "invalid json, missing format and/or prefix")
    }
    let arguments = CommandArguments(values: values)
    switch prefix {
    case "get_command_descriptions": return descriptions(arguments)
    case "help": return help(arguments)
    case "0": return CommandResult(output: "2")
    default: break
    }
    guard let command = match(prefix, arguments) else {
      return .failure(EINVAL, "unknown command prefix \(prefix)")
    }
    for parameter in command.parameters where parameter.required && values[parameter.name] == nil {
      return .failure(EINVAL, "missing required parameter \(parameter.name)")
    }
    return await command.run(arguments)
  }

  private func match(_ prefix: String, _ arguments: CommandArguments) -> Command? {
    let candidates = commands.filter { $0.prefix == prefix }
    return candidates.first { command in
      command.parameters.allSatisfy { !$0.required || arguments.values[$0.name] != nil }
    } ?? candidates.first
  }

  /// `cmdNNN` to signature and help: what `ceph daemon` and `ceph tell` ask before anything else.
  private func descriptions(_ arguments: CommandArguments) -> CommandResult {
    arguments.json { json in
      json.object { json in
        for (index, command) in commands.sorted(by: { $0.prefix < $1.prefix }).enumerated() {
          json.object("cmd" + String(String(1000 + index).dropFirst())) { json in
            json.array("sig") { json in describe(command, &json) }
            json.string("help", command.help)
          }
        }
      }
    }
  }

  private func describe(_ command: Command, _ json: inout JSONWriter) {
    for word in command.prefix.split(separator: " ") { json.string(nil, String(word)) }
    for parameter in command.parameters {
      json.object { json in
        json.string("name", parameter.name)
        json.string("type", parameter.kind.rawValue)
        if !parameter.choices.isEmpty {
          json.string("strings", parameter.choices.joined(separator: "|"))
        }
        if let range = parameter.range { json.string("range", range) }
        if !parameter.required { json.string("req", "false") }
        if parameter.many { json.string("n", "N") }
      }
    }
  }

  private func help(_ arguments: CommandArguments) -> CommandResult {
    let lines = Dictionary(
      commands.map { ($0.prefix, $0.help) }, uniquingKeysWith: { first, _ in first })
    return arguments.json { json in
      json.object { json in
        for (prefix, help) in lines.sorted(by: { $0.key < $1.key }) { json.string(prefix, help) }
      }
    }
  }
}
