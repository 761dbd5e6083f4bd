import FoundationEssentials

/// A parsed JSON value: what commands come as. Parsing is Foundation's.
package enum JSONValue: Decodable, Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case real(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// nil if `text` is not JSON.
  package static func parse(_ text: String) -> JSONValue? {
    try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .real(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// As the command line would have said it.
  package var asText: String? {
    switch self {
    case .string(let value): value
    case .integer(let value): String(value)
    case .real(let value): String(value)
    case .bool(let value): String(value)
    case .null, .array, .object: nil
    }
  }

  package var asInteger: Int64? {
    switch self {
    case .integer(let value): value
    case .string(let value): Int64(value)
    case .null, .bool, .real, .array, .object: nil
    }
  }
}
