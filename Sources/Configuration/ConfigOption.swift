/// What values an option takes, and how its text is read.
package enum OptionKind: Sendable {
  case text
  case integer
  /// Bytes, with IEC suffixes: `4096`, `64K`, `4M`, `1Gi`.
  case size
  case real
  /// Seconds: `20`, `0.5`; also with units as in `10s`, `5m`, `1h`, `100ms`.
  case seconds
  case flag
}

/// What a value comes to that is set while the daemon runs.
package enum OptionChange: Sendable {
  /// It counts from then on.
  case atOnce
  /// It is taken, and counts when the daemon starts next.
  case atRestart
  /// It is refused.
  case never
}

package struct ConfigOption: Sendable {
  package let name: String
  package let kind: OptionKind
  package let standard: String
  package let about: String
  package let change: OptionChange

  /// As in Ceph, texts may not change unless it is said that they may. Source:
  /// `Option::can_update_at_runtime`.
  init(
    _ name: String, _ kind: OptionKind, _ standard: String, _ about: String,
    change: OptionChange? = nil
  ) {
    self.name = name
    self.kind = kind
    self.standard = standard
    self.about = about
    var isText = false
    if case .text = kind { isText = true }
    self.change = change ?? (isText ? .never : .atOnce)
  }
}

/// Readings of an option's text; nil if it is not of that kind.
package enum OptionValue {
  package static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "yes", "on", "1": true
    case "false", "no", "off", "0", "": false
    default: nil
    }
  }

  package static func integer(_ text: String) -> Int64? { Int64(text) }

  package static func size(_ text: String) -> UInt64? {
    let digits = text.prefix { $0.isNumber }
    guard let number = UInt64(digits) else { return nil }
    let shift: UInt64
    switch text.dropFirst(digits.count).drop(while: { $0 == " " }).uppercased() {
    case "", "B": shift = 0
    case "K", "KB", "KI", "KIB": shift = 10
    case "M", "MB", "MI", "MIB": shift = 20
    case "G", "GB", "GI", "GIB": shift = 30
    case "T", "TB", "TI", "TIB": shift = 40
    default: return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : bytes
  }

  package static func real(_ text: String) -> Double? {
    Double(text).flatMap { $0.isFinite ? $0 : nil }
  }

  package static func seconds(_ text: String) -> Duration? {
    let number = text.prefix { $0.isNumber || $0 == "." || $0 == "-" }
    guard let value = real(String(number)), abs(value) < 1e9 else { return nil }
    let factor: Double
    switch text.dropFirst(number.count).drop(while: { $0 == " " }) {
    case "", "s", "sec", "second", "seconds": factor = 1
    case "ms": factor = 0.001
    case "m", "min", "minute", "minutes": factor = 60
    case "h", "hr", "hour", "hours": factor = 3600
    case "d", "day", "days": factor = 86400
    default: return nil
    }
    return .nanoseconds(Int64(value * factor * 1e9))
  }

  /// Whether `text` is a value of `kind`.
  package static func fits(_ text: String, _ kind: OptionKind) -> Bool {
    switch kind {
    case .text: true
    case .integer: integer(text) != nil
    case .size: size(text) != nil
    case .real: real(text) != nil
    case .seconds: seconds(text) != nil
    case .flag: flag(text) != nil
    }
  }
}
