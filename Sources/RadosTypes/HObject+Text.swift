import Buffers

/// Ceph's text for objects, in logs and in its tools:
/// `pool:reversed hash:namespace:key:name:snap`, `MIN`, `MAX`.
extension HObject: CustomStringConvertible {
  package var description: String {
    if isMax { return "MAX" }
    if self == .min { return "MIN" }
    let hashText = String(reversedHash, radix: 16).leftPadded(to: 8)
    return
      "\(pool):\(hashText):\(Self.escape(namespace)):\(Self.escape(key)):\(Self.escape(name)):\(snap)"
  }

  package init?(_ text: some StringProtocol) {
    if text == "MIN" || text == "MAX" {
      self = text == "MIN" ? .min : .max
      return
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 6, let pool = Int64(parts[0]),
      let reversed = UInt32(parts[1], radix: 16),
      let namespace = Self.unescape(parts[2]), let key = Self.unescape(parts[3]),
      let name = Self.unescape(parts[4])
    else { return nil }
    guard let snap = SnapID(parts[5]) else { return nil }
    self.init(
      pool: pool, hash: ObjectHash.reverseBits(reversed), name: name, key: key,
      namespace: namespace,
      snap: snap)
  }

  /// Bytes that would confuse a reader become `%xx`.
  private static func escape(_ name: ByteString) -> String {
    var text = ""
    for byte in name.bytes {
      switch byte {
      case UInt8(ascii: "%"), UInt8(ascii: ":"), UInt8(ascii: "/"), ..<32, 127...:
        text += "%" + String(byte, radix: 16).leftPadded(to: 2)
      default: text.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return text
  }

  private static func unescape(_ text: some StringProtocol) -> ByteString? {
    var bytes: [UInt8] = []
    var rest = text.utf8.makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.next(), let low = rest.next(),
        let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
    }
    return ByteString(bytes)
  }
}
