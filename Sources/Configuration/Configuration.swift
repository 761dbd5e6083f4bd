import Base
import Glibc

/// Where a value came from; a later case overrides an earlier one (Ceph's order).
package enum ConfigSource: Int, CaseIterable, Comparable, Sendable {
  case standard, monitor, file, environment, commandLine, runtime

  package static func < (left: ConfigSource, right: ConfigSource) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// Who is configured: `$cluster`, `$type`, `$id`, `$name`, `$host`, `$pid`.
package struct ConfigIdentity: Sendable {
  package var cluster = "ceph"
  package var type = "osd"
  package var id = ""
  package var host = ""
  package var pid: Int32 = 0

  package init() {}

  package var name: String { "\(type).\(id)" }
}

/// The daemon's options, from all their sources; any thread.
///
/// Values are kept as text and read when asked; a name that the table does not know is kept and
/// shown, since tools of other daemons set them too.
package final class Configuration: @unchecked Sendable {
  private let lock = Lock()
  private var values: [String: [ConfigSource: String]] = [:]
  private var observers: [(names: Set<String>, body: @Sendable () -> Void)] = []
  package let identity: ConfigIdentity

  package init(identity: ConfigIdentity) { self.identity = identity }

  /// Sets one value; an empty table entry is refused with the reason.
  package func set(_ name: String, _ text: String, from source: ConfigSource) throws(ConfigError) {
    let name = ConfigFile.normalized(name)
    if let option = ConfigOption.byName[name], !OptionValue.fits(text, option.kind),
      !text.contains("$")
    {
      throw ConfigError("'\(text)' is not a value of \(name) (\(option.kind))")
    }
    lock.withLock { values[name, default: [:]][source] = text }
    notify([name])
  }

  package func unset(_ name: String, from source: ConfigSource) {
    let name = ConfigFile.normalized(name)
    _ = lock.withLock { values[name]?.removeValue(forKey: source) }
    notify([name])
  }

  /// Takes over the sections that speak to this daemon: global, its type, its name.
  package func apply(_ file: ConfigFile) throws(ConfigError) {
    for section in ["global", identity.type, identity.name] {
      for (name, value) in file.sections[section] ?? [:] { try set(name, value, from: .file) }
    }
  }

  /// Replaces all that the monitors said before; returns what could not be taken.
  package func applyFromMonitor(_ fresh: [String: String]) -> [String] {
    let stale = lock.withLock {
      values.keys.filter { values[$0]?[.monitor] != nil && fresh[$0] == nil }
    }
    for name in stale { unset(name, from: .monitor) }
    var refused: [String] = []
    for (name, value) in fresh.sorted(by: { $0.key < $1.key }) {
      do { try set(name, value, from: .monitor) } catch { refused.append(error.description) }
    }
    return refused
  }

  /// Runs `body` after any of `names` changed.
  package func observe(_ names: Set<String>, _ body: @escaping @Sendable () -> Void) {
    lock.withLock { observers.append((names, body)) }
  }

  private func notify(_ names: Set<String>) {
    let interested = lock.withLock { observers.filter { !$0.names.isDisjoint(with: names) } }
    for observer in interested { observer.body() }
  }

  /// The text in force, metavariables expanded; nil for an unknown name that nobody set.
  package func text(of name: String) -> String? {
    guard let raw = raw(name) else { return nil }
    return expand(raw, depth: 0)
  }

  private func raw(_ name: String) -> String? {
    let name = ConfigFile.normalized(name)
    let set = lock.withLock { values[name]?.max { $0.key < $1.key }?.value }
    return set ?? ConfigOption.byName[name]?.standard
  }

  package func isSet(_ name: String) -> Bool {
    lock.withLock { values[ConfigFile.normalized(name)]?.isEmpty == false }
  }

  /// Values by source, for `config diff`.
  package func sources(of name: String) -> [(ConfigSource, String)] {
    lock.withLock { values[ConfigFile.normalized(name)] ?? [:] }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value) }
  }

  /// Every known or set name, in order.
  package var names: [String] {
    let set = lock.withLock { Set(values.keys) }
    return set.union(ConfigOption.byName.keys).sorted()
  }

  package func string(_ name: String) -> String { text(of: name) ?? "" }

  package func flag(_ name: String) -> Bool { typed(name, OptionValue.flag) }

  package func integer(_ name: String) -> Int { Int(typed(name, OptionValue.integer)) }

  package func size(_ name: String) -> UInt64 { typed(name, OptionValue.size) }

  package func real(_ name: String) -> Double { typed(name, OptionValue.real) }

  package func seconds(_ name: String) -> Duration { typed(name, OptionValue.seconds) }

  /// The value in force if it can be read, else the default of the table, which can.
  private func typed<Value>(_ name: String, _ reading: (String) -> Value?) -> Value {
    if let value = text(of: name).flatMap(reading) { return value }
    guard let standard = ConfigOption.byName[name].flatMap({ reading($0.standard) }) else {
      preconditionFailure("option \(name) is not in the table, or of another kind")
    }
    return standard
  }

  /// `debug_osd = 10/20` as the level that is written to the log.
  package func logLevel(_ subsystem: LogSubsystem) -> Int8 {
    let text = string("debug_\(subsystem.rawValue)")
    return Int8(text.prefix { $0 != "/" }) ?? 1
  }

  /// `$name` and `${name}`: a metavariable or another option. Unknown ones stay as they are.
  private func expand(_ text: String, depth: Int) -> String {
    guard depth < 8, text.contains("$") else { return text }
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      var after = rest[rest.index(after: dollar)...]
      let braced = after.first == "{"
      if braced { after = after.dropFirst() }
      let name = after.prefix { $0.isLetter || $0 == "_" || $0.isNumber }
      after = after.dropFirst(name.count)
      let closes = !braced || after.first == "}"
      if closes, let value = variable(String(name), depth: depth) {
        result += value
        rest = braced ? after.dropFirst() : after
      } else {
        result.append("$")
        rest = rest[rest.index(after: dollar)...]
      }
    }
    return result + rest
  }

  private func variable(_ name: String, depth: Int) -> String? {
    switch name {
    case "cluster": identity.cluster
    case "type": identity.type
    case "id": identity.id
    case "name": identity.name
    case "host": identity.host
    case "pid": String(identity.pid)
    default: name.isEmpty ? nil : raw(name).map { expand($0, depth: depth + 1) }
    }
  }
}
