import Buffers
import Wire

/// What kind of party a daemon or client is; raw values are Ceph's `CEPH_ENTITY_TYPE_*`.
package enum EntityType: UInt8, Sendable, Hashable, Comparable {
  case none = 0
  case monitor = 1
  case metadata = 2
  case osd = 4
  case client = 8
  case manager = 16
  case auth = 32
  case any = 255

  package var name: String {
    switch self {
    case .none: "unknown"
    case .monitor: "mon"
    case .metadata: "mds"
    case .osd: "osd"
    case .client: "client"
    case .manager: "mgr"
    case .auth: "auth"
    case .any: "any"
    }
  }

  package static func < (left: EntityType, right: EntityType) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// A party of the cluster by kind and number: `osd.3`, `client.4127`.
///
/// Ceph: `entity_name_t`. Layout: 9 bytes, `type: u8, number: s64`.
package struct EntityName: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var type: EntityType
  package var number: Int64

  package init(_ type: EntityType, _ number: Int64) {
    self.type = type
    self.number = number
  }

  package static let none = EntityName(.none, 0)

  package static func < (left: EntityName, right: EntityName) -> Bool {
    left.type != right.type ? left.type < right.type : left.number < right.number
  }

  package var description: String { number < 0 ? "\(type.name).?" : "\(type.name).\(number)" }
}

extension EntityName: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    let raw = try reader.read(UInt8.self)
    guard let type = EntityType(rawValue: raw) else { throw .invalid("entity type \(raw)") }
    self.type = type
    number = try reader.read(Int64.self)
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(type.rawValue)
    writer.write(number)
  }
}

/// A party as authentication names it: `client.admin`, `osd.3`.
///
/// Ceph: `EntityName`. Layout: `type: u32, id: string`.
package struct AuthName: Hashable, Sendable, CustomStringConvertible {
  package var type: EntityType
  package var id: ByteString

  package init(_ type: EntityType, _ id: ByteString) {
    self.type = type
    self.id = id
  }

  package var description: String { "\(type.name).\(id)" }
}

extension AuthName: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    let raw = try reader.read(UInt32.self)
    guard let type = UInt8(exactly: raw).flatMap(EntityType.init(rawValue:)) else {
      throw .invalid("entity type \(raw)")
    }
    self.type = type
    id = try reader.readByteString()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt32(type.rawValue))
    writer.write(id)
  }
}
