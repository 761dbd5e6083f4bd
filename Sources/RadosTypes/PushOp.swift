import Buffers
import Wire

/// A part of an object on its way to an OSD that lacks it.
///
/// Ceph: `PushOp`. Layout: framed 1/1, `object, version, data: bufferlist, dataIncluded: interval_set,
/// omapHeader: bufferlist, omapEntries, attributes: map<string, bufferlist>, recovery, after, before`.
package struct PushOp: Hashable, Sendable {
  package var object: HObject
  package var version: EVersion
  /// The bytes of `dataIncluded`, one run after the other.
  package var data = ByteSlice.empty
  package var dataIncluded = IntervalSet()
  package var omapHeader = ByteSlice.empty
  package var omapEntries: [ByteString: ByteSlice] = [:]
  package var attributes: [ByteString: ByteSlice] = [:]
  package var recovery: ObjectRecoveryInfo
  package var before = ObjectRecoveryProgress()
  package var after = ObjectRecoveryProgress()

  package init(_ object: HObject, version: EVersion) {
    self.object = object
    self.version = version
    recovery = ObjectRecoveryInfo(object)
  }
}

extension PushOp: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("PushOp", understands: 1) { (reader, _) throws(DecodeError) in
      let object = try reader.read(HObject.self)
      var push = PushOp(object, version: try reader.read())
      push.data = try reader.readBytes()
      push.dataIncluded = try reader.read()
      push.omapHeader = try reader.readBytes()
      push.omapEntries = try reader.readByteMap()
      push.attributes = try reader.readByteMap()
      push.recovery = try reader.read()
      push.after = try reader.read()
      push.before = try reader.read()
      return push
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(object)
      writer.write(version)
      writer.write(data)
      writer.write(dataIncluded)
      writer.write(omapHeader)
      writer.write(byteMap: omapEntries)
      writer.write(byteMap: attributes)
      writer.write(recovery)
      writer.write(after)
      writer.write(before)
    }
  }
}

/// An OSD that lacks an object asks for a part of it.
///
/// Ceph: `PullOp`. Layout: framed 1/1, `object, recovery, progress`.
package struct PullOp: Hashable, Sendable {
  package var object: HObject
  package var recovery: ObjectRecoveryInfo
  package var progress: ObjectRecoveryProgress

  package init(
    _ object: HObject, recovery: ObjectRecoveryInfo,
    progress: ObjectRecoveryProgress = ObjectRecoveryProgress()
  ) {
    self.object = object
    self.recovery = recovery
    self.progress = progress
  }
}

extension PullOp: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("PullOp", understands: 1) { (reader, _) throws(DecodeError) in
      let object = try reader.read(HObject.self)
      let recovery = try reader.read(ObjectRecoveryInfo.self)
      return PullOp(object, recovery: recovery, progress: try reader.read())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(object)
      writer.write(recovery)
      writer.write(progress)
    }
  }
}

/// A pushed part has been stored.
///
/// Ceph: `PushReplyOp`. Layout: framed 1/1, `object`.
package struct PushReplyOp: Hashable, Sendable {
  package var object: HObject

  package init(_ object: HObject) { self.object = object }
}

extension PushReplyOp: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("PushReplyOp", understands: 1) { (reader, _) throws(DecodeError) in
      PushReplyOp(try reader.read())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in writer.write(object) }
  }
}
