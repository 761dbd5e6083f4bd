import Buffers
import RadosTypes

extension Transaction {
  /// What an operation does to its object or collection.
  ///
  /// Absent objects, as BlueStore.cc `_txc_add_transaction` has it: create, touch, write and zero make
  /// the object. Truncate, remove, removeAttributes, omapClear, setAllocationHint and the renames of an
  /// absent object do nothing. Everything else on an absent object is fatal, as are the cases named
  /// below.
  package enum Action: Sendable {
    case nop
    /// Makes an object that is known not to exist.
    case create
    /// Makes the object if it does not exist.
    case touch
    /// Extends the object to its end; of no bytes, only makes the object.
    case write(offset: UInt64, data: BufferList)
    /// Makes a hole; extends the object to its end unless `length` is 0.
    case zero(offset: UInt64, length: UInt64)
    /// Cuts, or extends with a hole.
    case truncate(size: UInt64)
    /// All four parts.
    case remove
    case setAttribute(NamedValue)
    /// In the order of their names.
    case setAttributes([NamedValue])
    /// Not an error if the attribute is absent.
    case removeAttribute(ByteString)
    case removeAttributes
    /// Makes the object `to` (a place in `objects`) a copy of this one in all four parts, replacing
    /// what it was. Their hashes must be equal (EINVAL).
    case clone(to: UInt32)
    /// Copies data alone to `to` (made if absent) at `destination`, holes included. The source range
    /// must lie within the source (EINVAL). Within one object, the ranges must not overlap.
    case cloneRange(to: UInt32, offset: UInt64, length: UInt64, destination: UInt64)
    /// Fatal if it exists.
    case createCollection(bits: UInt32)
    /// Fatal if it is absent or not empty.
    case removeCollection
    /// Ignored.
    case collectionHint(type: UInt32, data: BufferList)
    case setCollectionBits(UInt32)
    /// Moves the objects whose hash ends in `remainder` (its low `bits` bits) to the collection
    /// `into` (a place in `collections`), which must exist, be empty and have these bits; sets the
    /// parent's bits to `bits`.
    case splitCollection(into: UInt32, bits: UInt32, remainder: UInt32)
    /// Moves all objects to the collection `into`, removes this one, sets the bits of `into`.
    case mergeCollection(into: UInt32, bits: UInt32)
    /// Renames, within one collection; fatal (EEXIST) if the new name is taken.
    case moveRename(intoCollection: UInt32, to: UInt32)
    case tryRename(to: UInt32)
    /// Entries and header.
    case omapClear
    /// In the order of their keys.
    case omapSet([NamedValue])
    case omapRemove([ByteString])
    /// Keys with `from <= key < to`.
    case omapRemoveRange(from: ByteString, to: ByteString)
    case omapSetHeader(ByteSlice)
    case setAllocationHint(objectSize: UInt64, writeSize: UInt64, flags: UInt32)
  }
}

extension Transaction.Action {
  var namesCollection: Bool {
    if case .nop = self { return false }
    return true
  }

  var namesObject: Bool {
    switch self {
    case .nop, .createCollection, .removeCollection, .collectionHint, .setCollectionBits,
      .splitCollection, .mergeCollection:
      false
    case .create, .touch, .write, .zero, .truncate, .remove, .setAttribute, .setAttributes,
      .removeAttribute, .removeAttributes, .clone, .cloneRange, .moveRename, .tryRename, .omapClear,
      .omapSet, .omapRemove, .omapRemoveRange, .omapSetHeader, .setAllocationHint:
      true
    }
  }

  /// Whether an absent object is made.
  package var createsObject: Bool {
    switch self {
    case .create, .touch, .write, .zero: true
    default: false
    }
  }

  /// Whether an absent object makes this nothing, rather than an error.
  package var toleratesAbsence: Bool {
    switch self {
    case .truncate, .remove, .removeAttributes, .omapClear, .setAllocationHint, .moveRename,
      .tryRename:
      true
    default: createsObject
    }
  }

  /// Bytes that a write brings.
  var writtenBytes: UInt64 {
    if case .write(_, let data) = self { return UInt64(data.count) }
    return 0
  }

  /// The place of the second object, if there is one.
  package var secondObject: UInt32? {
    switch self {
    case .clone(let to), .cloneRange(let to, _, _, _), .moveRename(_, let to), .tryRename(let to):
      to
    default: nil
    }
  }

  /// The place of the second collection, if there is one.
  package var secondCollection: UInt32? {
    switch self {
    case .splitCollection(let into, _, _), .mergeCollection(let into, _), .moveRename(let into, _):
      into
    default: nil
    }
  }

  func renumbered(collections: [UInt32], objects: [UInt32]) -> Self {
    switch self {
    case .clone(let to): .clone(to: objects[Int(to)])
    case .cloneRange(let to, let offset, let length, let destination):
      .cloneRange(to: objects[Int(to)], offset: offset, length: length, destination: destination)
    case .splitCollection(let into, let bits, let remainder):
      .splitCollection(into: collections[Int(into)], bits: bits, remainder: remainder)
    case .mergeCollection(let into, let bits):
      .mergeCollection(into: collections[Int(into)], bits: bits)
    case .moveRename(let into, let to):
      .moveRename(intoCollection: collections[Int(into)], to: objects[Int(to)])
    case .tryRename(let to): .tryRename(to: objects[Int(to)])
    default: self
    }
  }
}
