import Base
import Buffers

/// What a command says back: -errno or 0, words for people, output for programs.
package struct CommandResult: Sendable {
  package var code: Int32
  package var status: String
  package var output: String

  package init(code: Int32 = 0, status: String = "", output: String = "") {
    self.code = code
    self.status = status
    self.output = output
  }

  package static func failure(_ errno: Int32, _ status: String) -> CommandResult {
    CommandResult(code: -errno, status: status)
  }
}

/// One parameter of a command, as `ceph` reads it to check and complete a command line.
package struct CommandParameter: Sendable {
  package enum Kind: String, Sendable {
    case string = "CephString"
    case integer = "CephInt"
    case real = "CephFloat"
    case choices = "CephChoices"
    case flag = "CephBool"
    case pgID = "CephPgid"
    case objectName = "CephObjectname"
  }

  package let name: String
  package let kind: Kind
  package var required = true
  package var many = false
  package var choices: [String] = []
  /// `least|greatest`, or `least`; what `ceph` checks.
  package var range: String?

  package init(
    _ name: String, _ kind: Kind, required: Bool = true, many: Bool = false, choices: [String] = [],
    range: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.required = required
    self.many = many
    self.choices = choices
    self.range = range
  }
}

/// The arguments of one call.
package struct CommandArguments: Sendable {
  package let values: [String: JSONValue]

  package func text(_ name: String) -> String? { values[name]?.asText }

  package func integer(_ name: String) -> Int64? { values[name]?.asInteger }

  package func texts(_ name: String) -> [String] {
    if case .array(let items)? = values[name] { return items.compactMap(\.asText) }
    return text(name).map { [$0] } ?? []
  }

  /// `json` asks for one line, everything else for the indented form, which is the daemon's default.
  package var pretty: Bool { text("format") != "json" }

  /// A JSON answer in the form that was asked for.
  package func json(_ body: (inout JSONWriter) -> Void) -> CommandResult {
    var writer = JSONWriter(pretty: pretty)
    body(&writer)
    return CommandResult(output: writer.finish() + "\n")
  }
}

package struct Command: Sendable {
  package let prefix: String
  package let parameters: [CommandParameter]
  package let help: String
  package let run: @Sendable (CommandArguments) async -> CommandResult

  package init(
    _ prefix: String, _ parameters: [CommandParameter] = [], help: String,
    run: @escaping @Sendable (CommandArguments) async -> CommandResult
  ) {
    self.prefix = prefix
    self.parameters = parameters
    self.help = help
    self.run = run
  }
}
