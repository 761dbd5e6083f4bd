import Base
import Buffers
import ObjectStores
import Wire

/// What the index keeps of an object under its name. Ceph: `bluestore_onode_t`.
///
/// Layout: u8 version (2), varints id, size, omap id (0: none), hint flags, hinted object size, hinted
/// write size; varint attributes, each name and value with varint lengths; u8 1 and, with a varint length,
/// the first segment if there is no other, else u8 0 and the segments have keys of their own.
struct OnodeRecord: Equatable {
  static let version: UInt8 = 2

  var id: UInt64 = 0
  var size: UInt64 = 0
  var omap: UInt64 = 0
  var hintFlags: UInt32 = 0
  var hintObjectBytes: UInt64 = 0
  var hintWriteBytes: UInt64 = 0
  /// In the order of their names.
  var attributes: [NamedValue] = []
  /// Only of one that was decoded; then it is the onode's.
  var first: [UInt8]?

  /// Of all names and values.
  var attributeBytes: Int {
    let attributes = attributes.span
    var bytes = 0
    for index in attributes.indices {
      bytes += attributes[index].name.count + attributes[index].value.count
    }
    return bytes
  }

  mutating func setAttribute(_ name: ByteString, _ value: ByteSlice) {
    var place = 0
    while place < attributes.count, attributes[place].name < name { place += 1 }
    if place < attributes.count, attributes[place].name == name {
      attributes[place].value = value
    } else {
      if attributes.isEmpty { attributes.reserveCapacity(Self.usualAttributes) }
      attributes.insert(NamedValue(name, value), at: place)
    }
  }

  private static let usualAttributes = 2

  /// `first`: the first segment if it is to stand in the record.
  func encode(_ buffer: EncodeBuffer, first: [UInt8]?) -> [UInt8] {
    buffer.clear()
    buffer.put(Self.version)
    buffer.putVarint(id)
    buffer.putVarint(size)
    buffer.putVarint(omap)
    buffer.putVarint(UInt64(hintFlags))
    buffer.putVarint(hintObjectBytes)
    buffer.putVarint(hintWriteBytes)
    buffer.putVarint(attributes.count)
    for index in attributes.indices {
      buffer.putString(attributes[index].name.bytes)
      buffer.putString(attributes[index].value)
    }
    buffer.put(UInt8(first == nil ? 0 : 1))
    if let first { buffer.putString(first) }
    return buffer.array
  }

  init() {}

  init(decoding bytes: UnsafeRawBufferPointer) throws(DecodeError) {
    var cursor = ByteCursor(bytes)
    let version = try cursor.take(UInt8.self)
    guard version == Self.version else { throw .invalid("onode of version \(version)") }
    id = try cursor.takeVarint()
    size = try cursor.takeVarint()
    guard size <= Limits.objectBytesMax else { throw .implausible("object size", size) }
    omap = try cursor.takeVarint()
    hintFlags = UInt32(truncatingIfNeeded: try cursor.takeVarint())
    hintObjectBytes = try cursor.takeVarint()
    hintWriteBytes = try cursor.takeVarint()
    for _ in 0..<(try cursor.takeCount()) {
      let name = ByteString(try cursor.takeString())
      attributes.append(
        NamedValue(name, ByteSlice(copying: try cursor.takeRaw(try cursor.takeCount()))))
    }
    if try cursor.take(UInt8.self) != 0 { first = try cursor.takeString() }
    guard cursor.isAtEnd else { throw .invalid("onode: \(cursor.remaining) bytes too many") }
  }
}
