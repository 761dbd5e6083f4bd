import Buffers
import RadosTypes
import Wire

/// Which manager is active and where: as much as its clients need.
///
/// Ceph: `MgrMap`, framed 11/6. Layout of what is kept, in order: `epoch: u32, active addresses, active
/// gid: u64, available: u8, active name: string, standbys: map<u64, framed>, modules: set<string>`; from
/// version 6 `services: map<string, string>`; then module descriptions, times and features, which nobody
/// here asks for. Source: src/mon/MgrMap.h.
package struct MgrMap: Sendable, Hashable {
  package var epoch: UInt32 = 0
  package var activeAddresses = EntityAddresses()
  package var activeGID: UInt64 = 0
  /// The nominated manager has started and takes connections.
  package var isAvailable = false
  package var activeName: String = ""
  /// Names by gid.
  package var standbys: [UInt64: String] = [:]
  package var modules: [String] = []
  /// URLs by module.
  package var services: [String: String] = [:]

  package init() {}
}

extension MgrMap: WireDecodable {
  package static let versionUnderstood: UInt8 = 11

  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("MgrMap", understands: Self.versionUnderstood) {
      (reader, version) throws(DecodeError) in
      guard version >= 6 else { throw .tooOld("MgrMap", version: version) }
      var map = MgrMap()
      map.epoch = try reader.read()
      map.activeAddresses = try reader.read()
      map.activeGID = try reader.read()
      map.isAvailable = try reader.readBool()
      map.activeName = try reader.readString()
      map.standbys = try reader.readMap(
        { (reader) throws(DecodeError) in try reader.read(UInt64.self) }, Self.standbyName)
      map.modules = try reader.readArray { (reader) throws(DecodeError) in try reader.readString() }
      map.services = try reader.readMap(
        { (reader) throws(DecodeError) in try reader.readString() },
        { (reader) throws(DecodeError) in try reader.readString() })
      return map
    }
  }

  /// Ceph: `MgrMap::StandbyInfo`, framed 4/1: `gid: u64, name: string`, modules.
  private static func standbyName(_ reader: inout WireReader) throws(DecodeError) -> String {
    try reader.readFramed("MgrMap::StandbyInfo", understands: 4) {
      (reader, _) throws(DecodeError) in
      try reader.skip(8)
      return try reader.readString()
    }
  }
}
