import Buffers
import RadosTypes
import Wire

/// Opens a session with the manager.
///
/// Ceph: `MMgrOpen` v3. Layout: `daemonName, serviceName: string, isService: u8, [metadata, status:
/// map<string, string>], config, defaults: bufferlist`.
package struct MMgrOpen: Message {
  /// Metadata and status of what is no daemon of the cluster's own.
  package struct Service: Hashable, Sendable {
    package var metadata: [String: String]
    package var status: [String: String]

    package init(metadata: [String: String], status: [String: String]) {
      self.metadata = metadata
      self.status = status
    }
  }

  /// The id: `0` of `osd.0`.
  package var daemonName: String
  package var serviceName: String
  package var service: Service?
  /// Encoded `map<string, map<s32 level, string>>`: what is set, and by whom.
  package var config: ByteSlice
  /// Encoded `map<string, string>`.
  package var defaults: ByteSlice

  package init(
    daemonName: String, serviceName: String = "", service: Service? = nil,
    config: ByteSlice = .empty,
    defaults: ByteSlice = .empty
  ) {
    self.daemonName = daemonName
    self.serviceName = serviceName
    self.service = service
    self.config = config
    self.defaults = defaults
  }

  package static var type: MessageType { .mgrOpen }
  package static var version: UInt16 { 3 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 3 else {
      throw .tooOld("\(Self.type)", version: UInt8(clamping: header.version))
    }
    daemonName = try front.readString()
    serviceName = try front.readString()
    service = try front.readOptional { (reader) throws(DecodeError) in
      let metadata = try reader.readStringMap()
      return Service(metadata: metadata, status: try reader.readStringMap())
    }
    config = try front.readBytes()
    defaults = try front.readBytes()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(daemonName)
    writer.write(serviceName)
    writer.write(optional: service) { writer, service in
      writer.write(stringMap: service.metadata)
      writer.write(stringMap: service.status)
    }
    writer.write(config)
    writer.write(defaults)
  }
}
