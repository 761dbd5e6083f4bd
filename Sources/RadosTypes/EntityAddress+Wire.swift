import Buffers
import Wire

extension EntityAddress: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    let marker = try reader.read(UInt8.self)
    switch marker {
    case 0: try self.init(legacy: &reader)
    case 1: try self.init(framed: &reader)
    default: throw .invalid("entity_addr_t with marker \(marker)")
    }
  }

  /// What follows the marker 1.
  init(framed reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("entity_addr_t", understands: 1) {
      (reader, _) throws(DecodeError) in
      let kind = Kind(rawValue: try reader.read())
      var address = EntityAddress(kind: kind, nonce: try reader.read())
      let length = Int(try reader.read(UInt32.self))
      guard length > 0 else { return address }
      address.family = try reader.read()
      guard length >= 2, length <= address.socketAddressLength else {
        throw .implausible("sockaddr length", UInt64(length))
      }
      try address.readSocketAddress(length: length - 2, from: &reader)
      return address
    }
  }

  /// What follows the marker 0, from peers without MSG_ADDR2: 3 bytes unused, `nonce: u32`, and a
  /// `sockaddr_storage` of 128 bytes with its family big-endian.
  init(legacy reader: inout WireReader) throws(DecodeError) {
    try reader.skip(3)
    self.init(nonce: try reader.read())
    let family = try reader.read(UInt16.self).byteSwapped
    var rest = WireReader(try reader.readSlice(126))
    guard family == Family.ipv4 || family == Family.ipv6 else { return }
    kind = .v1
    self.family = family
    try readSocketAddress(length: socketAddressLength - 2, from: &rest)
  }

  /// 28 is the size of Ceph's union, which goes whole when it holds neither kind.
  private var socketAddressLength: Int { isIPv4 ? 16 : 28 }

  /// The bytes after the family.
  private mutating func readSocketAddress(
    length: Int, from reader: inout WireReader
  )
    throws(DecodeError)
  {
    let bytes = try reader.readSlice(length)
    withUnsafeMutableBytes(of: &words) { target in
      for index in 0..<bytes.count { target[index + 2] = bytes[index] }
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(kind.rawValue)
      writer.write(nonce)
      writer.write(UInt32(socketAddressLength))
      var words = words
      let length = socketAddressLength
      withUnsafeBytes(of: &words) { bytes in
        writer.writeRaw(UnsafeRawBufferPointer(rebasing: bytes[..<length]))
      }
    }
  }
}
