import Wire

/// Who an OSD is, and which maps it keeps.
///
/// Ceph: `OSDSuperblock`. Encoded as version 10/5 (16.2.15): the fields in this order, but with an
/// unused `u32, map` after `osdFSID`.
package struct OSDSuperblock: Hashable, Sendable {
  package var clusterFSID = UniqueID.zero
  package var whoami: Int32 = -1
  package var currentEpoch: UInt32 = 0
  package var oldestMap: UInt32 = 0
  package var newestMap: UInt32 = 0
  package var weight: Double = 0
  package var features = CompatSet.osd
  /// The epoch to which this OSD was up and had committed all maps when it stopped cleanly.
  package var cleanThru: UInt32 = 0
  /// The epoch in which it last started.
  package var mounted: UInt32 = 0
  package var osdFSID = UniqueID.zero
  package var purgedSnapsLast: UInt32 = 0
  package var lastPurgedSnapsScrub = UTime.zero
  package var mapTrimLowerBound: UInt32 = 0

  package init() {}
}

extension OSDSuperblock: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("OSDSuperblock", understands: 10) {
      (reader, version) throws(DecodeError) in
      guard version >= 5 else { throw .tooOld("OSDSuperblock", version: version) }
      var block = OSDSuperblock()
      try block.readOldest(from: &reader)
      if version >= 6 { try reader.skip(4) }
      if version >= 7 { try reader.skip(12 * (try reader.readCount(elementBytesMin: 12))) }
      if version >= 9 {
        block.purgedSnapsLast = try reader.read()
        block.lastPurgedSnapsScrub = try reader.read()
      }
      if version >= 10 { block.mapTrimLowerBound = try reader.read() }
      return block
    }
  }

  private mutating func readOldest(from reader: inout WireReader) throws(DecodeError) {
    clusterFSID = try reader.read()
    whoami = try reader.read()
    currentEpoch = try reader.read()
    oldestMap = try reader.read()
    newestMap = try reader.read()
    weight = try reader.readDouble()
    features = try reader.read()
    cleanThru = try reader.read()
    mounted = try reader.read()
    osdFSID = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 10, compat: 5) { writer in
      writer.write(clusterFSID)
      writer.write(whoami)
      writer.write(currentEpoch)
      writer.write(oldestMap)
      writer.write(newestMap)
      writer.write(weight)
      writer.write(features)
      writer.write(cleanThru)
      writer.write(mounted)
      writer.write(osdFSID)
      writer.write(UInt32(0))
      writer.write(UInt32(0))
      writer.write(purgedSnapsLast)
      writer.write(lastPurgedSnapsScrub)
      writer.write(mapTrimLowerBound)
    }
  }
}
