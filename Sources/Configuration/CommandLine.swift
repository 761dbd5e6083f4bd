import Base
import Glibc

/// What the command line of `ceph-osd` can say; ours takes the same.
package struct CommandLineArguments: Sendable {
  package enum Action: Sendable {
    case run, mkfs, mkkey, version, help
  }

  package var identity = ConfigIdentity()
  package var actions: Set<Action> = []
  package var configPath: String?
  package var foreground = false
  /// `-d`: foreground, log to stderr.
  package var debug = false
  /// Name and value of every `--option`.
  package var options: [(name: String, value: String)] = []
  /// The same from `CEPH_ARGS`, which rank lower.
  package var environmentOptions: [(name: String, value: String)] = []

  /// Reads `CEPH_ARGS` first, then the arguments (without the program's name).
  package init(
    arguments: [String], environment: [String: String], type: String = "osd"
  ) throws(ConfigError) {
    identity.type = type
    let words = (environment["CEPH_ARGS"] ?? "").split(whereSeparator: { $0 == " " || $0 == "\t" })
    try parse(words.map(String.init))
    environmentOptions = options
    options = []
    try parse(arguments)
  }

  /// Options of ours or Ceph's that take no value on the command line.
  private static func isFlag(_ name: String) -> Bool {
    if case .flag? = ConfigOption.byName[name]?.kind { return true }
    return false
  }

  private mutating func parse(_ arguments: [String]) throws(ConfigError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument.count > 1 else {
        throw ConfigError("unexpected argument '\(argument)'; --help tells what there is")
      }
      let (name, attached) = Self.split(argument)
      if take(flag: name) { continue }
      if Self.isFlag(name), attached == nil {
        options.append((name, "true"))
        continue
      }
      guard let value = attached ?? Self.popValue(&rest) else {
        throw ConfigError("\(argument) needs a value")
      }
      try take(name, value)
    }
  }

  private static func split(_ argument: String) -> (name: String, value: String?) {
    guard argument.hasPrefix("--") else { return (argument, nil) }
    let body = argument.dropFirst(2)
    guard let equals = body.firstIndex(of: "=") else { return (ConfigFile.normalized(body), nil) }
    return (ConfigFile.normalized(body[..<equals]), String(body[body.index(after: equals)...]))
  }

  private static func popValue(_ rest: inout ArraySlice<String>) -> String? {
    guard let next = rest.first, !next.hasPrefix("--") else { return nil }
    return rest.popFirst()
  }

  private mutating func take(flag name: String) -> Bool {
    switch name {
    case "-f", "foreground": foreground = true
    case "-d": (foreground, debug) = (true, true)
    case "mkfs": actions.insert(.mkfs)
    case "mkkey": actions.insert(.mkkey)
    case "-v", "version": actions.insert(.version)
    case "-h", "help": actions.insert(.help)
    default: return false
    }
    return true
  }

  private mutating func take(_ name: String, _ value: String) throws(ConfigError) {
    switch name {
    case "-i", "id": identity.id = value
    case "-n", "name": try takeName(value)
    case "-c", "conf": configPath = value
    case "cluster": identity.cluster = value
    case "-k": options.append(("keyring", value))
    case "-m": options.append(("mon_host", value))
    case _ where name.hasPrefix("-"):
      throw ConfigError("unknown option '\(name)'; --help tells what there is")
    default: options.append((name, value))
    }
  }

  private mutating func takeName(_ value: String) throws(ConfigError) {
    let parts = value.split(separator: ".", maxSplits: 1)
    guard parts.count == 2, parts[0] == "osd" else {
      throw ConfigError("--name \(value): an OSD's name is osd.ID")
    }
    identity.id = String(parts[1])
  }
}
