import Wire

/// An operation's fixed part on the wire; what an action does not use is 0.
///
/// Ceph: `Transaction::Op`. Layout: 72 bytes, packed, the fields in this order.
struct OperationRecord {
  var code: UInt32 = 0
  var collection: UInt32 = 0
  var object: UInt32 = 0
  var offset: UInt64 = 0
  var length: UInt64 = 0
  var secondCollection: UInt32 = 0
  var secondObject: UInt32 = 0
  var secondOffset: UInt64 = 0
  var hint: UInt32 = 0
  var expectedObjectSize: UInt64 = 0
  var expectedWriteSize: UInt64 = 0
  var splitBits: UInt32 = 0
  var splitRemainder: UInt32 = 0

  /// Ceph's `Transaction::OP_*` that 16.2 writes.
  enum Code: UInt32 {
    case nop = 0
    case create = 7
    case touch = 9
    case write = 10
    case zero = 11
    case truncate = 12
    case remove = 13
    case setAttribute = 14
    case setAttributes = 15
    case removeAttribute = 16
    case clone = 17
    case createCollection = 20
    case removeCollection = 21
    case removeAttributes = 28
    case cloneRange = 30
    case omapClear = 31
    case omapSet = 32
    case omapRemove = 33
    case omapSetHeader = 34
    case splitCollection = 36
    case omapRemoveRange = 37
    case moveRename = 38
    case setAllocationHint = 39
    case collectionHint = 40
    case tryRename = 41
    case setCollectionBits = 42
    case mergeCollection = 43
  }
}

extension OperationRecord: WireCodable {
  init(from reader: inout WireReader) throws(DecodeError) {
    code = try reader.read()
    collection = try reader.read()
    object = try reader.read()
    offset = try reader.read()
    length = try reader.read()
    secondCollection = try reader.read()
    secondObject = try reader.read()
    secondOffset = try reader.read()
    hint = try reader.read()
    expectedObjectSize = try reader.read()
    expectedWriteSize = try reader.read()
    splitBits = try reader.read()
    splitRemainder = try reader.read()
  }

  func encode(into writer: inout WireWriter) {
    writer.write(code)
    writer.write(collection)
    writer.write(object)
    writer.write(offset)
    writer.write(length)
    writer.write(secondCollection)
    writer.write(secondObject)
    writer.write(secondOffset)
    writer.write(hint)
    writer.write(expectedObjectSize)
    writer.write(expectedWriteSize)
    writer.write(splitBits)
    writer.write(splitRemainder)
  }
}

extension OperationRecord {
  init(_ operation: Transaction.Operation) {
    collection = operation.collection
    object = operation.object
    let action = operation.action
    code = Self.code(of: action).rawValue
    secondObject = action.secondObject ?? 0
    secondCollection = action.secondCollection ?? 0
    switch action {
    case .write(let offset, let data):
      self.offset = offset
      length = UInt64(data.count)
    case .zero(let offset, let length):
      self.offset = offset
      self.length = length
    case .truncate(let size): offset = size
    case .cloneRange(_, let offset, let length, let destination):
      self.offset = offset
      self.length = length
      secondOffset = destination
    case .createCollection(let bits), .setCollectionBits(let bits), .mergeCollection(_, let bits):
      splitBits = bits
    case .splitCollection(_, let bits, let remainder):
      splitBits = bits
      splitRemainder = remainder
    case .collectionHint(let type, _): hint = type
    case .setAllocationHint(let objectSize, let writeSize, let flags):
      expectedObjectSize = objectSize
      expectedWriteSize = writeSize
      hint = flags
    case .nop, .create, .touch, .remove, .setAttribute, .setAttributes, .removeAttribute,
      .removeAttributes, .clone, .removeCollection, .moveRename, .tryRename, .omapClear, .omapSet,
      .omapRemove, .omapRemoveRange, .omapSetHeader:
      break
    }
  }

  static func code(of action: Transaction.Action) -> Code {
    switch action {
    case .nop: .nop
    case .create: .create
    case .touch: .touch
    case .write: .write
    case .zero: .zero
    case .truncate: .truncate
    case .remove: .remove
    case .setAttribute: .setAttribute
    case .setAttributes: .setAttributes
    case .removeAttribute: .removeAttribute
    case .removeAttributes: .removeAttributes
    case .clone: .clone
    case .cloneRange: .cloneRange
    case .createCollection: .createCollection
    case .removeCollection: .removeCollection
    case .collectionHint: .collectionHint
    case .setCollectionBits: .setCollectionBits
    case .splitCollection: .splitCollection
    case .mergeCollection: .mergeCollection
    case .moveRename: .moveRename
    case .tryRename: .tryRename
    case .omapClear: .omapClear
    case .omapSet: .omapSet
    case .omapRemove: .omapRemove
    case .omapRemoveRange: .omapRemoveRange
    case .omapSetHeader: .omapSetHeader
    case .setAllocationHint: .setAllocationHint
    }
  }
}
