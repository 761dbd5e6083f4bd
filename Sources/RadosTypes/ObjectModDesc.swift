import Buffers
import Wire

/// How a change of an erasure-coded object can be undone locally; replicated pools cannot.
///
/// Ceph: `ObjectModDesc`. Layout: framed v/v with v the least version that its steps need (1 or 2),
/// `canLocalRollback: u8, rollbackInfoCompleted: u8, steps: bufferlist`.
package struct ObjectModDesc: Hashable, Sendable {
  package var canLocalRollback = true
  package var rollbackInfoCompleted = false
  package var requiredVersion: UInt8 = 1
  /// Encoded steps, one after the other.
  package var steps = ByteString()

  package init() {}

  /// What entries of replicated pools carry.
  package static let unrollbackable = {
    var description = ObjectModDesc()
    description.canLocalRollback = false
    return description
  }()
}

extension ObjectModDesc: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ObjectModDesc", understands: 2) {
      (reader, version) throws(DecodeError) in
      var description = ObjectModDesc()
      description.requiredVersion = version
      description.canLocalRollback = try reader.readBool()
      description.rollbackInfoCompleted = try reader.readBool()
      description.steps = try reader.readByteString()
      return description
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: requiredVersion, compat: requiredVersion) { writer in
      writer.write(canLocalRollback)
      writer.write(rollbackInfoCompleted)
      writer.write(steps)
    }
  }
}
