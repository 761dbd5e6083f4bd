import Buffers
import RadosTypes
import Wire

/// Ceph's form of a transaction, as replicas get it in `MOSDRepOp` (src/os/Transaction.h).
///
/// Layout: framed 9/9, `data: bl, operations: bl (72 bytes each), collections: map<coll_t, u32>,
/// objects: map<ghobject_t, u32>, count: u64, largestDataLength: u32, largestDataOffset: u32,
/// largestDataPlace: u32, fadviseFlags: u32`. What an operation carries beyond its 72 bytes stands in
/// `data`, in the order of the operations.
extension Transaction: WireEncodable {
  static let operationBytes = 72

  package func encode(into writer: inout WireWriter) {
    var data = WireWriter(capacity: 1024)
    var records = WireWriter(capacity: max(Self.operationBytes * operations.count, 1))
    var largest = LargestWrite()
    for operation in operations {
      OperationRecord(operation).encode(into: &records)
      encodeData(of: operation.action, into: &data, &largest)
    }
    let dataList = data.finishList()
    let recordList = records.finishList()
    writer.writeFramed(version: 9, compat: 9) { writer in
      writer.write(dataList)
      writer.write(recordList)
      Self.encode(table: collections, into: &writer)
      Self.encode(table: objects, into: &writer)
      writer.write(UInt64(operations.count))
      writer.write(largest.length)
      writer.write(largest.offset)
      writer.write(largest.place)
      writer.write(fadviseFlags)
    }
  }

  /// The encoded bytes; payloads are shared, not copied.
  package var wireList: BufferList {
    var writer = WireWriter(capacity: 1024)
    encode(into: &writer)
    return writer.finishList()
  }

  /// Each value with its place in the table, in the order of the values: a `std::map`.
  private static func encode<Value: Comparable & WireEncodable>(
    table: [Value], into writer: inout WireWriter
  ) {
    let places = table.count == 1 ? [0] : table.indices.sorted { table[$0] < table[$1] }
    writer.write(UInt32(places.count))
    for place in places {
      writer.write(table[place])
      writer.write(UInt32(place))
    }
  }

  private func encodeData(
    of action: Action, into data: inout WireWriter, _ largest: inout LargestWrite
  ) {
    switch action {
    case .write(let offset, let bytes):
      largest.note(bytes, at: offset, place: data.count + 4)
      data.write(bytes)
    case .setAttribute(let attribute): data.write(attribute)
    case .setAttributes(let values), .omapSet(let values): data.write(array: values)
    case .removeAttribute(let name): data.write(name)
    case .collectionHint(_, let hint): data.write(hint)
    case .omapRemove(let keys): data.write(array: keys) { $0.write($1) }
    case .omapRemoveRange(let from, let to):
      data.write(from)
      data.write(to)
    case .omapSetHeader(let header): data.write(header)
    case .nop, .create, .touch, .zero, .truncate, .remove, .removeAttributes, .clone, .cloneRange,
      .createCollection, .removeCollection, .setCollectionBits, .splitCollection, .mergeCollection,
      .moveRename, .tryRename, .omapClear, .setAllocationHint:
      break
    }
  }
}

/// The first of the longest writes, by which receivers align it.
private struct LargestWrite {
  var length: UInt32 = 0
  var offset: UInt32 = 0
  /// Within `data`.
  var place: UInt32 = 0

  mutating func note(_ bytes: BufferList, at offset: UInt64, place: Int) {
    guard bytes.count > Int(length) else { return }
    length = UInt32(bytes.count)
    self.offset = UInt32(truncatingIfNeeded: offset)
    self.place = UInt32(truncatingIfNeeded: place)
  }
}

extension NamedValue: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    name = try reader.readByteString()
    value = try reader.readBytes()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(name)
    writer.write(value)
  }
}
