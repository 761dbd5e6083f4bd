import Buffers
import RadosTypes
import Wire

/// The monitors there are: as much of the monitor map as finding one needs.
///
/// Ceph: `MonMap`, framed 9/6. Layout of what is kept: `fsid, epoch: u32, changed: utime, created: utime,
/// persistent and optional features (framed), map<name, mon_info_t>`. Source: src/mon/MonMap.cc.
package struct MonRoster: Sendable, Hashable {
  /// Ceph: `mon_info_t`, framed 5/1: `name, addresses, priority: u16, weight: u16`, then a location.
  package struct Monitor: Sendable, Hashable {
    package var name: String
    package var addresses: EntityAddresses
    /// The lowest are tried first.
    package var priority: UInt16
  }

  package var fsid: UniqueID
  package var epoch: UInt32
  package var monitors: [Monitor]
}

extension MonRoster: WireDecodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("MonMap", understands: 9) {
      (reader, version) throws(DecodeError) in
      guard version >= 6 else { throw .tooOld("MonMap", version: version) }
      let fsid = try reader.read(UniqueID.self)
      let epoch = try reader.read(UInt32.self)
      try reader.skip(16)
      for _ in 0..<2 {
        try reader.readFramed("mon_feature_t", understands: 1) { (_, _) throws(DecodeError) in () }
      }
      let monitors = try reader.readMap(
        { (reader) throws(DecodeError) in try reader.readByteString() },
        { (reader) throws(DecodeError) in try Monitor(from: &reader) })
      return MonRoster(
        fsid: fsid, epoch: epoch, monitors: monitors.values.sorted { $0.name < $1.name })
    }
  }
}

extension MonRoster.Monitor: WireDecodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("mon_info_t", understands: 5) {
      (reader, version) throws(DecodeError) in
      MonRoster.Monitor(
        name: try reader.readString(), addresses: try reader.read(),
        priority: version >= 2 ? try reader.read(UInt16.self) : 0)
    }
  }
}
