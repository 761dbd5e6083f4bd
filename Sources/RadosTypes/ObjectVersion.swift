import Wire

/// An object in one of its versions. Ceph: `pair<hobject_t, eversion_t>`.
package struct ObjectVersion: Hashable, Sendable {
  package var object: HObject
  package var version: EVersion

  package init(_ object: HObject, _ version: EVersion) {
    self.object = object
    self.version = version
  }
}

extension ObjectVersion: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    object = try reader.read()
    version = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(object)
    writer.write(version)
  }
}
