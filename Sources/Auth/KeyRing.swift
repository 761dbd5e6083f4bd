import Buffers
import RadosTypes
import Wire

/// Keys and capabilities by name: the contents of a keyring file.
///
/// Text of sections (`[osd.0]`) with `key = BASE64` and `caps SERVICE = "TEXT"`; `#` and `;` begin comments;
/// underscores in names are spaces; `auid` is read past. Ceph: `KeyRing`. Source: src/auth/KeyRing.cc.
package struct KeyRing: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package var key = CryptoKey.none
    /// By service (`mon`, `osd`, `mgr`).
    package var caps: [String: String] = [:]

    package init(key: CryptoKey = .none, caps: [String: String] = [:]) {
      self.key = key
      self.caps = caps
    }
  }

  /// What is wrong with a keyring, and in which line.
  package struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    package var line: Int
    package var reason: String

    package var description: String { "line \(line): \(reason)" }
  }

  package var entries: [AuthName: Entry] = [:]

  package init() {}

  package func key(of name: AuthName) -> CryptoKey? { entries[name]?.key }

  package init(parsing text: some Sequence<UInt8>) throws(ParseError) {
    var section: AuthName?
    var number = 0
    for line in Array(text).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let words = KeyRingLine.trim(line)
      guard let first = words.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else {
        continue
      }
      do {
        if first == UInt8(ascii: "[") {
          section = try KeyRingLine.section(words)
          if let section, entries[section] == nil { entries[section] = Entry() }
        } else if let section {
          try set(KeyRingLine.assignment(words), of: section)
        }
      } catch { throw ParseError(line: number, reason: error.reason) }
    }
  }

  private mutating func set(
    _ assignment: (name: String, value: [UInt8]), of section: AuthName
  )
    throws(KeyRingLine.Fault)
  {
    let (name, value) = assignment
    if name == "key" {
      do { entries[section]?.key = try CryptoKey(base64: value) } catch {
        throw KeyRingLine.Fault(reason: "the key of \(section) is none: \(error)")
      }
    } else if name.hasPrefix("caps "), name.utf8.count > 5 {
      entries[section]?.caps[String(name.dropFirst(5))] = String(decoding: value, as: UTF8.self)
    } else if name != "auid" {
      throw KeyRingLine.Fault(reason: "a keyring has no '\(name)'")
    }
  }

  /// The file's text, as `ceph-authtool` writes it.
  package var text: String {
    var text = ""
    for (name, entry) in entries.sorted(by: { $0.key.order < $1.key.order }) {
      text += "[\(name)]\n\tkey = \(entry.key.base64)\n"
      for (service, caps) in entry.caps.sorted(by: { $0.key < $1.key }) {
        text +=
          "\tcaps \(service) = \""
          + caps.split(
            separator: "\"", omittingEmptySubsequences: false
          ).joined(separator: "\\\"") + "\"\n"
      }
    }
    return text
  }
}

extension AuthName {
  fileprivate var order: (UInt8, ByteString) { (type.rawValue, id) }

  /// From `osd.3`; nil if the word before the first dot is no kind of party.
  package init?(parsing text: String) {
    guard let dot = text.firstIndex(of: "."), text.index(after: dot) < text.endIndex else {
      return nil
    }
    let kinds: [EntityType] = [.monitor, .metadata, .osd, .client, .manager, .auth]
    guard let type = kinds.first(where: { $0.name == text[..<dot] }) else { return nil }
    self.init(type, ByteString(String(text[text.index(after: dot)...])))
  }
}

/// One line of a keyring.
enum KeyRingLine {
  struct Fault: Error { var reason: String }

  static func trim(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isSpace = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) }
    let tail = line.drop(while: isSpace)
    return tail.prefix(tail.lastIndex { !isSpace($0) }.map { $0 - tail.startIndex + 1 } ?? 0)
  }

  static func section(_ line: ArraySlice<UInt8>) throws(Fault) -> AuthName? {
    guard let end = line.firstIndex(of: UInt8(ascii: "]")) else {
      throw Fault(reason: "a section without ]")
    }
    let title = String(decoding: trim(line[(line.startIndex + 1)..<end]), as: UTF8.self)
    if title == "global" { return nil }
    guard let name = AuthName(parsing: title) else {
      throw Fault(reason: "'\(title)' is no party's name")
    }
    return name
  }

  static func assignment(_ line: ArraySlice<UInt8>) throws(Fault) -> (name: String, value: [UInt8])
  {
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
      throw Fault(reason: "neither a section nor 'name = value'")
    }
    let name = line[..<equals].map { $0 == UInt8(ascii: "_") || $0 == 9 ? 32 : $0 }
      .split(separator: 32).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    return (name, try value(trim(line[(equals + 1)...])))
  }

  /// Quotes go; inside them a backslash takes the next character as it is; outside, `#` and `;` end it.
  private static func value(_ text: ArraySlice<UInt8>) throws(Fault) -> [UInt8] {
    let quotes = [UInt8(ascii: "\""), UInt8(ascii: "'")]
    guard let quote = text.first, quotes.contains(quote) else {
      return Array(trim(text.prefix { $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: ";") }))
    }
    var value: [UInt8] = []
    var isEscaped = false
    for byte in text.dropFirst() {
      if isEscaped {
        value.append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == quote {
        return value
      } else {
        value.append(byte)
      }
    }
    throw Fault(reason: "a quote that does not end")
  }
}
