import Buffers
import Wire

/// One object in a listing. Ceph: `librados::ListObjectImpl`.
///
/// Layout: `namespace, name, key: string`; no envelope.
package struct ListedObject: Hashable, Sendable {
  package var namespace: ByteString
  package var name: ByteString
  /// The locator key, when it is not the name.
  package var key: ByteString

  package init(namespace: ByteString, name: ByteString, key: ByteString) {
    self.namespace = namespace
    self.name = name
    self.key = key
  }
}

extension ListedObject: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    namespace = try reader.readByteString()
    name = try reader.readByteString()
    key = try reader.readByteString()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(namespace)
    writer.write(name)
    writer.write(key)
  }
}

/// The answer to PGNLS: objects, and where to go on.
///
/// Ceph: `pg_nls_response_t`. Layout: framed 1/1, `next: hobject_t, objects: list`.
package struct PGListResponse: Hashable, Sendable {
  package var next: HObject
  package var objects: [ListedObject]

  package init(next: HObject, objects: [ListedObject]) {
    self.next = next
    self.objects = objects
  }

  /// The answer to the older PGLS (`pg_ls_response_t`): `1: u8, next: hobject_t`, then a list of
  /// `name, key: string`; no envelope, no namespaces.
  package func encodeOld(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.write(next)
    writer.write(array: objects) { writer, object in
      writer.write(object.name)
      writer.write(object.key)
    }
  }
}

extension PGListResponse: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_nls_response_t", understands: 1) {
      (reader, _) throws(DecodeError) in
      let next = try reader.read(HObject.self)
      return PGListResponse(next: next, objects: try reader.readArray())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(next)
      writer.write(array: objects)
    }
  }
}
