import Buffers
import Wire

/// How far the copying of an object has come.
///
/// Ceph: `ObjectRecoveryProgress`. Layout: framed 1/1, `isFirst, dataComplete: u8, dataRecoveredTo: u64,
/// omapRecoveredTo: string, omapComplete: u8`.
package struct ObjectRecoveryProgress: Hashable, Sendable {
  package var isFirst = true
  package var dataComplete = false
  package var dataRecoveredTo: UInt64 = 0
  package var omapRecoveredTo = ByteString()
  package var omapComplete = false

  package init() {}
}

extension ObjectRecoveryProgress: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ObjectRecoveryProgress", understands: 1) {
      (reader, _) throws(DecodeError) in
      var progress = ObjectRecoveryProgress()
      progress.isFirst = try reader.readBool()
      progress.dataComplete = try reader.readBool()
      progress.dataRecoveredTo = try reader.read()
      progress.omapRecoveredTo = try reader.readByteString()
      progress.omapComplete = try reader.readBool()
      return progress
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(isFirst)
      writer.write(dataComplete)
      writer.write(dataRecoveredTo)
      writer.write(omapRecoveredTo)
      writer.write(omapComplete)
    }
  }
}

/// Which object is copied, and which parts of it.
///
/// Ceph: `ObjectRecoveryInfo`. Layout: framed 3/1, `object, version, size: u64, info: object_info_t,
/// snapSet, copySubset: interval_set, cloneSubset: map<hobject_t, interval_set>, exists: u8`.
package struct ObjectRecoveryInfo: Hashable, Sendable {
  package var object: HObject
  package var version = EVersion.zero
  /// Bytes; 2^64 - 1 when it is not known yet.
  package var size: UInt64 = 0
  package var info: ObjectInfo
  package var snapSet = SnapSet()
  package var copySubset = IntervalSet()
  /// What can be taken from clones that are there already.
  package var cloneSubset: [HObject: IntervalSet] = [:]
  /// The target has the object: only what differs is copied.
  package var exists = false

  package init(_ object: HObject) {
    self.object = object
    info = ObjectInfo(.min)
  }
}

extension ObjectRecoveryInfo: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ObjectRecoveryInfo", understands: 3) {
      (reader, version) throws(DecodeError) in
      guard version >= 2 else { throw .tooOld("ObjectRecoveryInfo", version: version) }
      var recovery = ObjectRecoveryInfo(try reader.read())
      recovery.version = try reader.read()
      recovery.size = try reader.read()
      recovery.info = try reader.read()
      recovery.snapSet = try reader.read()
      recovery.copySubset = try reader.read()
      recovery.cloneSubset = try reader.readMap()
      recovery.exists = version >= 3 ? try reader.readBool() : false
      return recovery
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 3, compat: 1) { writer in
      writer.write(object)
      writer.write(version)
      writer.write(size)
      writer.write(info)
      writer.write(snapSet)
      writer.write(copySubset)
      writer.write(map: cloneSubset)
      writer.write(exists)
    }
  }
}
