/// Writes JSON in the order it is told, as Ceph's formatters do (readers of its dumps diff them).
///
/// `pretty` indents by four and puts one member a line.
package struct JSONWriter {
  private var text = ""
  private let pretty: Bool
  /// One entry for each open object or array: whether it has a member already.
  private var open: [(close: Character, hasMembers: Bool)] = []

  package init(pretty: Bool = true) { self.pretty = pretty }

  package func finish() -> String {
    precondition(open.isEmpty, "JSONWriter: \(open.count) sections were left open")
    return text
  }

  package mutating func object(_ name: String? = nil, _ body: (inout JSONWriter) -> Void) {
    section(name, "{", "}", body)
  }

  package mutating func array(_ name: String? = nil, _ body: (inout JSONWriter) -> Void) {
    section(name, "[", "]", body)
  }

  package mutating func string(_ name: String? = nil, _ value: String) {
    begin(name)
    quote(value)
  }

  package mutating func integer(_ name: String? = nil, _ value: some BinaryInteger) {
    begin(name)
    text += String(value)
  }

  package mutating func bool(_ name: String? = nil, _ value: Bool) {
    begin(name)
    text += value ? "true" : "false"
  }

  package mutating func real(_ name: String? = nil, _ value: Double) {
    begin(name)
    text += value.isFinite ? "\(value)" : "0"
  }

  /// A number whose digits the caller chose, as `0.000000123`.
  package mutating func number(_ name: String? = nil, digits: String) {
    begin(name)
    text += digits
  }

  /// The members of an array that another writer wrote, as members of the section at hand.
  package mutating func splice(array written: String) {
    let members = written.dropFirst().dropLast().drop { $0 == "\n" || $0 == " " }
    guard !members.isEmpty else { return }
    begin(nil)
    text += members
  }

  private mutating func section(
    _ name: String?, _ opening: Character, _ closing: Character, _ body: (inout JSONWriter) -> Void
  ) {
    begin(name)
    text.append(opening)
    open.append((closing, false))
    body(&self)
    let closed = open.removeLast()
    if closed.hasMembers { newline() }
    text.append(closing)
  }

  private mutating func begin(_ name: String?) {
    if !open.isEmpty {
      if open[open.count - 1].hasMembers { text.append(",") }
      open[open.count - 1].hasMembers = true
      newline()
    }
    guard let name else { return }
    quote(name)
    text += pretty ? ": " : ":"
  }

  private mutating func newline() {
    guard pretty else { return }
    text.append("\n")
    text += String(repeating: " ", count: 4 * open.count)
  }

  private mutating func quote(_ value: String) {
    text.append("\"")
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case _ where scalar.value < 0x20:
        text += "\\u" + String(0x10000 + scalar.value, radix: 16).dropFirst()
      case _: text.unicodeScalars.append(scalar)
      }
    }
    text.append("\"")
  }
}
