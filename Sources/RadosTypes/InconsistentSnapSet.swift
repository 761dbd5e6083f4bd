import Buffers
import Wire

/// A head whose list of clones is not what is there, or a clone that no head knows.
///
/// Ceph: `inconsistent_snapset_wrapper`. Layout: framed 2/1, `errors: u64, object, clones: vector<u64>,
/// missing: vector<u64>, snapSet: bufferlist`.
package struct InconsistentSnapSet: Hashable, Sendable {
  /// Ceph: the enumeration in `inconsistent_snapset_t`.
  package struct Errors: OptionSet, Hashable, Sendable {
    package var rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let snapSetMissing = Errors(rawValue: 1 << 0)
    package static let snapSetCorrupted = Errors(rawValue: 1 << 1)
    package static let cloneMissing = Errors(rawValue: 1 << 2)
    package static let snapError = Errors(rawValue: 1 << 3)
    package static let headless = Errors(rawValue: 1 << 5)
    package static let sizeMismatch = Errors(rawValue: 1 << 6)
    package static let infoMissing = Errors(rawValue: 1 << 7)
    package static let infoCorrupted = Errors(rawValue: 1 << 8)
    package static let extraClones = Errors(rawValue: 1 << 9)
  }

  package var errors = Errors()
  package var object: ObjectID
  /// Those that are there and should not be.
  package private(set) var extraClones: [SnapID] = []
  package private(set) var missingClones: [SnapID] = []
  /// As the head has it; empty if it has none.
  package var snapSet = ByteSlice.empty

  package init(_ object: HObject) { self.object = ObjectID(object) }

  package mutating func addExtraClone(_ snap: SnapID) {
    errors.insert(.extraClones)
    extraClones.append(snap)
  }

  package mutating func addMissingClone(_ snap: SnapID) {
    errors.insert(.cloneMissing)
    missingClones.append(snap)
  }
}

extension InconsistentSnapSet: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("inconsistent_snapset_t", understands: 2) {
      (reader, version) throws(DecodeError) in
      var value = InconsistentSnapSet(.min)
      value.errors = Errors(rawValue: try reader.read())
      value.object = try reader.read()
      value.extraClones = try reader.readArray()
      value.missingClones = try reader.readArray()
      if version >= 2 { value.snapSet = try reader.readBytes() }
      return value
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 2, compat: 1) { writer in
      writer.write(errors.rawValue)
      writer.write(object)
      writer.write(array: extraClones)
      writer.write(array: missingClones)
      writer.write(snapSet)
    }
  }
}
