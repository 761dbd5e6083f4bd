import Buffers
import RadosTypes
import Wire

extension Transaction: WireDecodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("Transaction", understands: 9) {
      (reader, version) throws(DecodeError) in
      guard version >= 9 else { throw .tooOld("Transaction", version: version) }
      return try Transaction(fields: &reader)
    }
  }

  private init(fields reader: inout WireReader) throws(DecodeError) {
    var data = WireReader(try reader.readBytes())
    var records = WireReader(try reader.readBytes())
    let collections: [CollectionID] = try Self.table(&reader, elementBytesMin: 4)
    let objects: [GHObject] = try Self.table(&reader, elementBytesMin: 10)
    let count = try reader.read(UInt64.self)
    // The largest write's length, offset and place: they follow from the operations.
    try reader.skip(12)
    let fadviseFlags = try reader.read(UInt32.self)

    guard records.remaining % Self.operationBytes == 0,
      UInt64(records.remaining / Self.operationBytes) == count
    else { throw .implausible("number of operations", count) }
    var operations: [Operation] = []
    operations.reserveCapacity(Int(count))
    while !records.isAtEnd {
      let record = try OperationRecord(from: &records)
      operations.append(
        try Self.operation(record, &data, collections: collections.count, objects: objects.count))
    }
    guard data.isAtEnd else {
      throw .invalid("transaction: \(data.remaining) bytes of no operation")
    }
    self.init(
      collections: collections, objects: objects, operations: operations, fadviseFlags: fadviseFlags
    )
  }

  /// Reads a map from values to their places, which must be all of `0..<count`.
  private static func table<Value: WireDecodable>(
    _ reader: inout WireReader, elementBytesMin: Int
  ) throws(DecodeError) -> [Value] {
    let count = try reader.readCount(elementBytesMin: elementBytesMin)
    var values: [Value?] = Array(repeating: nil, count: count)
    for _ in 0..<count {
      let value = try Value(from: &reader)
      let place = Int(try reader.read(UInt32.self))
      guard place < count, values[place] == nil else {
        throw .implausible("place in a transaction's table", UInt64(place))
      }
      values[place] = value
    }
    return values.compactMap { $0 }
  }

  private static func operation(
    _ record: OperationRecord, _ data: inout WireReader, collections: Int, objects: Int
  ) throws(DecodeError) -> Operation {
    guard let code = OperationRecord.Code(rawValue: record.code) else {
      throw .invalid("transaction operation \(record.code)")
    }
    let action = try action(code, record, &data)
    func check(_ place: UInt32, _ count: Int) throws(DecodeError) {
      guard place < count else {
        throw .implausible("place in a transaction's table", UInt64(place))
      }
    }
    if action.namesCollection { try check(record.collection, collections) }
    if action.namesObject { try check(record.object, objects) }
    if let second = action.secondCollection { try check(second, collections) }
    if let second = action.secondObject { try check(second, objects) }
    return Operation(collection: record.collection, object: record.object, action: action)
  }

  private static func action(
    _ code: OperationRecord.Code, _ record: OperationRecord, _ data: inout WireReader
  ) throws(DecodeError) -> Action {
    switch code {
    case .nop: return .nop
    case .create: return .create
    case .touch: return .touch
    case .write:
      let bytes = try data.readBytes()
      guard UInt64(bytes.count) == record.length else {
        throw .implausible("length of a write", record.length)
      }
      return .write(offset: record.offset, data: BufferList(bytes))
    case .zero: return .zero(offset: record.offset, length: record.length)
    case .truncate: return .truncate(size: record.offset)
    case .remove: return .remove
    case .setAttribute: return .setAttribute(try data.read())
    case .setAttributes: return .setAttributes(try values(&data))
    case .removeAttribute: return .removeAttribute(try data.readByteString())
    case .removeAttributes: return .removeAttributes
    case .clone: return .clone(to: record.secondObject)
    case .cloneRange:
      return .cloneRange(
        to: record.secondObject, offset: record.offset, length: record.length,
        destination: record.secondOffset)
    case .createCollection: return .createCollection(bits: record.splitBits)
    case .removeCollection: return .removeCollection
    case .collectionHint:
      return .collectionHint(type: record.hint, data: BufferList(try data.readBytes()))
    case .setCollectionBits: return .setCollectionBits(record.splitBits)
    case .splitCollection:
      return .splitCollection(
        into: record.secondCollection, bits: record.splitBits, remainder: record.splitRemainder)
    case .mergeCollection:
      return .mergeCollection(into: record.secondCollection, bits: record.splitBits)
    case .moveRename:
      return .moveRename(intoCollection: record.secondCollection, to: record.secondObject)
    case .tryRename: return .tryRename(to: record.secondObject)
    case .omapClear: return .omapClear
    case .omapSet: return .omapSet(try values(&data))
    case .omapRemove:
      return .omapRemove(
        try data.readArray(elementBytesMin: 4) { (data) throws(DecodeError) in
          try data.readByteString()
        })
    case .omapRemoveRange:
      return .omapRemoveRange(from: try data.readByteString(), to: try data.readByteString())
    case .omapSetHeader: return .omapSetHeader(try data.readBytes())
    case .setAllocationHint:
      return .setAllocationHint(
        objectSize: record.expectedObjectSize, writeSize: record.expectedWriteSize,
        flags: record.hint)
    }
  }

  private static func values(_ data: inout WireReader) throws(DecodeError) -> [NamedValue] {
    try data.readArray(elementBytesMin: 8) { (data) throws(DecodeError) in try data.read() }
  }
}
