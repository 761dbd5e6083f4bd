import Buffers
import RadosTypes
import Wire

/// The envelope of maps and incrementals: a part for clients, a part for OSDs, and a checksum over all
/// that stands before it and after it in the envelope.
///
/// Layout: framed 8/7 { client part; OSD part; checksum: u32; what follows }. The checksum's seed is -1.
/// Source: `OSDMap::encode` in src/osd/OSDMap.cc.
enum OSDMapChecksum {
  static let version: UInt8 = 8
  static let compat: UInt8 = 7

  /// The checksum over `bytes` without the four at `position`.
  static func compute(_ bytes: ByteSlice, skippingAt position: Int) -> UInt32 {
    let front = CRC32C.checksum(bytes.prefix(position), seed: .max)
    return CRC32C.checksum(bytes.dropFirst(position + 4), seed: front)
  }

  /// Reads an envelope: `body` reads what stands before the checksum, `tail` what follows it.
  static func read<Value>(
    _ what: StaticString, _ bytes: ByteSlice,
    body: (inout WireReader) throws(DecodeError) -> Value,
    tail: (inout WireReader, inout Value) throws(DecodeError) -> Void
  ) throws(DecodeError) -> (value: Value, checksum: UInt32) {
    var reader = WireReader(bytes)
    let (value, checksum, position) = try reader.readFramed(what, understands: version) {
      (reader, found) throws(DecodeError) in
      guard found >= version else { throw .tooOld("\(what)", version: found) }
      var value = try body(&reader)
      let position = reader.offset
      let checksum = try reader.read(UInt32.self)
      try tail(&reader, &value)
      return (value, checksum, position)
    }
    let actual = compute(bytes.prefix(reader.offset), skippingAt: position)
    guard actual == checksum else {
      throw .invalid("\(what): checksum \(actual), should be \(checksum)")
    }
    return (value, checksum)
  }

  /// The bytes of an envelope around what `body` and `tail` write, with the checksum in its place.
  static func write(
    capacity: Int, body: (inout WireWriter) -> Void, tail: (inout WireWriter) -> Void = { _ in }
  ) -> (bytes: ByteSlice, checksum: UInt32) {
    var writer = WireWriter(capacity: capacity)
    var position = 0
    writer.writeFramed(version: version, compat: compat) { writer in
      body(&writer)
      position = writer.count
      writer.write(UInt32(0))
      tail(&writer)
    }
    let bytes = writer.finish()
    let checksum = compute(bytes, skippingAt: position)
    // Nobody else has seen these bytes yet.
    let place = bytes.slab.base + Int(bytes.offset) + position
    place.storeBytes(of: checksum.littleEndian, as: UInt32.self)
    return (bytes, checksum)
  }
}
