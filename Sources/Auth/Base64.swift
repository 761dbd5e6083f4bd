/// Base 64 as keyrings have it: RFC 4648 with padding; white space between digits is skipped.
package enum Base64 {
  private static let digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let pad = UInt8(ascii: "=")

  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for index in 0..<3 {
        bits = bits << 8 | (index < group.count ? UInt32(group[start + index]) : 0)
      }
      for index in 0..<4 {
        text.append(index <= group.count ? digits[Int(bits >> (18 - 6 * UInt32(index)) & 63)] : pad)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil for what is no base 64.
  package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    var padding = 0
    for character in text where !isSpace(character) {
      count += 1
      if character == pad {
        padding += 1
        bits <<= 6
      } else {
        guard padding == 0, let value = value(of: character) else { return nil }
        bits = bits << 6 | value
      }
      if count % 4 == 0 {
        guard padding <= 2 else { return nil }
        for index in 0..<(3 - padding) {
          bytes.append(UInt8(truncatingIfNeeded: bits >> (16 - 8 * UInt32(index))))
        }
        bits = 0
      }
    }
    return count % 4 == 0 ? bytes : nil
  }

  private static func isSpace(_ character: UInt8) -> Bool {
    character == 32 || (9...13).contains(character)
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
