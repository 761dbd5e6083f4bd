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
  // Under the lock.
  private var values = ConfigValues()
  private var following: [ConfigFollower] = []
  package let identity: ConfigIdentity

  package init(identity: ConfigIdentity) { self.identity = identity }

  /// Sets one value, unless it is of the wrong kind, or one that may not change while the daemon runs.
  /// True if another value is in force now.
  @discardableResult
  package func set(
    _ name: String, _ text: String, from source: ConfigSource
  ) throws(ConfigError) -> Bool {
    let name = ConfigFile.normalized(name)
    try check(name, text, from: source)
    return change(name, text, from: source)
  }

  @discardableResult
  package func unset(_ name: String, from source: ConfigSource) -> Bool {
    change(ConfigFile.normalized(name), nil, from: source)
  }

  private func change(_ name: String, _ text: String?, from source: ConfigSource) -> Bool {
    let isOther = lock.withLock { values.set(name, text, from: source) }
    if isOther { notify([name]) }
    return isOther
  }

  private func check(
    _ name: String, _ text: String, from source: ConfigSource
  ) throws(ConfigError) {
    guard let option = ConfigOption.byName[name] else { return }
    guard OptionValue.fits(text, option.kind) || text.contains("$") else {
      throw ConfigError("'\(text)' is not a value of \(name) (\(option.kind))")
    }
    if source == .runtime, option.change == .never, text != raw(name) {
      throw ConfigError(
        "Configuration option '\(name)' may not be modified at runtime", errno: EPERM)
    }
  }

  /// Takes over the sections that speak to this daemon: global, its type, its name.
  package func apply(_ file: ConfigFile) throws(ConfigError) {
    for section in ["global", identity.type, identity.name] {
      for (name, value) in file.sections[section] ?? [:] { try set(name, value, from: .file) }
    }
  }

  /// Replaces all that the monitors said before; returns what could not be taken.
  package func applyFromMonitor(_ fresh: [String: String]) -> [String] {
    var refused: [String] = []
    var taken: [String: String] = [:]
    for (name, value) in fresh.sorted(by: { $0.key < $1.key }) {
      let name = ConfigFile.normalized(name)
      do {
        try check(name, value, from: .monitor)
        taken[name] = value
      } catch { refused.append(error.description) }
    }
    let changed = lock.withLock {
      let names = Set(values.names(from: .monitor)).union(taken.keys)
      return names.filter { values.set($0, taken[$0], from: .monitor) }
    }
    notify(changed)
    return refused
  }

  func addFollower(_ body: @escaping @Sendable () -> Void) -> ConfigFollower {
    let follower = ConfigFollower(body)
    lock.withLock { following.append(follower) }
    return follower
  }

  var followers: [ConfigFollower] { lock.withLock { following } }

  /// The text in force, metavariables expanded; nil for an unknown name that nobody set.
  package func text(of name: String) -> String? {
    guard let raw = raw(name) else { return nil }
    return expand(raw, depth: 0)
  }

  func raw(_ name: String) -> String? {
    let name = ConfigFile.normalized(name)
    ConfigReading.current?.names.insert(name)
    return lock.withLock { values.raw(name) }
  }

  package func isSet(_ name: String) -> Bool {
    lock.withLock { !values.sources(of: ConfigFile.normalized(name)).isEmpty }
  }

  /// Values by source, for `config diff`.
  package func sources(of name: String) -> [(ConfigSource, String)] {
    lock.withLock { values.sources(of: ConfigFile.normalized(name)) }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value) }
  }

  /// Every known or set name, in order.
  package var names: [String] {
    let set = lock.withLock { values.names }
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
