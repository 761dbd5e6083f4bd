import Base
import Glibc

/// Why a configuration cannot be used: where, what, and for what value.
package struct ConfigError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
  package let errno: Int32

  package init(_ description: String, errno: Int32 = EINVAL) {
    self.description = description
    self.errno = errno
  }
}

/// A parsed `ceph.conf`: sections of names and values, unexpanded.
///
/// Grammar as `src/common/ConfUtils.cc` of 16.2 has it: `[section]`, `name = value`; `#` and `;`
/// begin comments unless escaped by a backslash or inside quotes; a line that ends in a backslash
/// goes on; spaces, dashes and underscores in names are one and the same.
package struct ConfigFile: Sendable {
  /// Section to name to value; a later line of the same name wins.
  package private(set) var sections: [String: [String: String]] = [:]

  package init() {}

  package init(text: String, path: String) throws(ConfigError) {
    var section = "global"
    for (number, line) in Self.logicalLines(text) {
      let line = Self.trimmed(line)
      if line.isEmpty { continue }
      if line.first == "[" {
        section = try Self.sectionName(line, "\(path):\(number)")
        sections[section, default: [:]] = sections[section] ?? [:]
      } else {
        let (name, value) = try Self.assignment(line, "\(path):\(number)")
        sections[section, default: [:]][name] = value
      }
    }
  }

  package static func normalized(_ name: some StringProtocol) -> String {
    var result = ""
    for character in trimmed(name) {
      let isSeparator =
        character == " " || character == "-" || character == "_" || character == "\t"
      if !isSeparator { result.append(character) } else if result.last != "_" { result.append("_") }
    }
    return result
  }

  /// Lines with continuations joined and comments cut; the number is that of the first physical line.
  private static func logicalLines(_ text: String) -> [(Int, String)] {
    var lines: [(Int, String)] = []
    var pending: (number: Int, text: String)?
    let physical = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, raw) in physical.enumerated() {
      var line = raw.last == "\r" ? raw.dropLast() : raw
      let goesOn = line.last == "\\"
      if goesOn { line = line.dropLast() }
      let begun = pending ?? (index + 1, "")
      let joined = (begun.number, begun.text + line)
      if goesOn {
        pending = joined
      } else {
        lines.append((joined.0, withoutComment(joined.1)))
        pending = nil
      }
    }
    if let pending { lines.append((pending.number, withoutComment(pending.text))) }
    return lines
  }

  private static func withoutComment(_ line: String) -> String {
    var kept = ""
    var quote: Character?
    var escaped = false
    for character in line {
      if escaped {
        if character != "#" && character != ";" { kept.append("\\") }
        kept.append(character)
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else if let open = quote {
        if character == open { quote = nil }
        kept.append(character)
      } else if character == "#" || character == ";" {
        return kept
      } else {
        if character == "\"" || character == "'" { quote = character }
        kept.append(character)
      }
    }
    if escaped { kept.append("\\") }
    return kept
  }

  private static func sectionName(_ line: String, _ place: String) throws(ConfigError) -> String {
    guard line.last == "]" else { throw ConfigError("\(place): '\(line)' has no closing ']'") }
    let name = trimmed(line.dropFirst().dropLast())
    guard !name.isEmpty else { throw ConfigError("\(place): a section needs a name") }
    return name
  }

  private static func assignment(
    _ line: String, _ place: String
  ) throws(ConfigError) -> (String, String) {
    guard let equals = line.firstIndex(of: "=") else {
      throw ConfigError("\(place): '\(line)' is neither 'name = value' nor '[section]'")
    }
    let name = normalized(line[..<equals])
    guard !name.isEmpty else { throw ConfigError("\(place): nothing stands before '='") }
    var value = trimmed(line[line.index(after: equals)...])
    if let first = value.first, first == "\"" || first == "'" {
      guard value.count >= 2, value.last == first else {
        throw ConfigError("\(place): the value of '\(name)' has no closing quote")
      }
      value = String(value.dropFirst().dropLast())
    }
    return (name, value)
  }

  package static func trimmed(_ text: some StringProtocol) -> String {
    var part = text[...]
    while let first = part.first, first == " " || first == "\t" { part = part.dropFirst() }
    while let last = part.last, last == " " || last == "\t" { part = part.dropLast() }
    return String(part)
  }
}
