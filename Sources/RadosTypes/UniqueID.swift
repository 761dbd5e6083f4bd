import Buffers
import Wire

/// 16 bytes that name a cluster, an OSD or a store; prints in the usual form of five groups.
///
/// Ceph: `uuid_d`. Layout: the 16 bytes in the order of the text.
package struct UniqueID: Hashable, Sendable {
  package var high: UInt64
  package var low: UInt64

  /// `high` holds the first eight bytes, most significant first.
  package init(high: UInt64 = 0, low: UInt64 = 0) {
    self.high = high
    self.low = low
  }

  package static let zero = UniqueID()

  package var isZero: Bool { high == 0 && low == 0 }

  /// A random id (version 4) from `high` and `low` bits that the caller drew.
  package init(randomHigh high: UInt64, low: UInt64) {
    self.high = high & 0xffff_ffff_ffff_0fff | 0x4000
    self.low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
  }

  /// From 36 characters, dashes at 8, 13, 18 and 23.
  package init?(_ text: some StringProtocol) {
    let characters = Array(text.utf8)
    guard characters.count == 36 else { return nil }
    var digits: [UInt64] = []
    for (index, character) in characters.enumerated() {
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard character == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = Character(Unicode.Scalar(character)).hexDigitValue else { return nil }
      digits.append(UInt64(digit))
    }
    high = digits[..<16].reduce(0) { $0 << 4 | $1 }
    low = digits[16...].reduce(0) { $0 << 4 | $1 }
  }
}

extension UniqueID: CustomStringConvertible, Comparable {
  package var description: String {
    let digits = Array(
      String(high, radix: 16).leftPadded(to: 16) + String(low, radix: 16).leftPadded(to: 16))
    let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return groups.map { String(digits[$0]) }.joined(separator: "-")
  }

  package static func < (left: UniqueID, right: UniqueID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension UniqueID: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    high = try reader.read(UInt64.self).byteSwapped
    low = try reader.read(UInt64.self).byteSwapped
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(high.byteSwapped)
    writer.write(low.byteSwapped)
  }
}
