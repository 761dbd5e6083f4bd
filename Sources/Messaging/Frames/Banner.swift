import Buffers
import Wire

/// The first bytes of each direction: `ceph v2\n`, u16 length of the rest (16), u64 protocol features
/// supported, u64 required. Feature bit 0 is revision 1 of the framing (msgr2.1).
package enum Banner {
  package static let prefix: [UInt8] = Array("ceph v2\n".utf8)
  /// Prefix and length.
  package static let headBytes = 10
  package static let revision1: UInt64 = 1

  package static var bytes: ByteSlice {
    var writer = WireWriter(capacity: 32)
    writer.writeRaw(prefix)
    writer.write(UInt16(16))
    writer.write(revision1)
    writer.write(UInt64(0))
    return writer.finish()
  }

  /// Checks the first 10 bytes; returns how many follow.
  package static func payloadBytes(head: ByteSlice) throws(ProtocolError) -> Int {
    let got = head.prefix(prefix.count)
    guard got.array == prefix else {
      throw .badBanner(got.text.hasPrefix("ceph v0") ? "peer speaks protocol v1" : "\(got.array)")
    }
    let count = Int(head[8]) | Int(head[9]) << 8
    guard (16...4096).contains(count) else { throw .badBanner("payload of \(count) bytes") }
    return count
  }

  /// A longer payload is of a newer peer and says nothing that this side must know.
  package static func check(payload: ByteSlice) throws(ProtocolError) {
    var reader = WireReader(payload)
    guard let supported = try? reader.read(UInt64.self),
      let required = try? reader.read(UInt64.self)
    else { throw .badBanner("payload of \(payload.count) bytes") }
    guard supported & revision1 != 0, required & ~revision1 == 0 else {
      throw .bannerFeatures(supported: supported, required: required)
    }
  }
}
