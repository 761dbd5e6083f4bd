import Buffers
import RadosTypes
import Wire

/// The monitors and where they listen.
///
/// Ceph: `MonMap`. Layout: framed 9/6, in the order of the fields; versions 6 to 8 stop earlier.
/// Source: `MonMap::encode` and `decode` in src/mon/MonMap.cc.
package struct MonMap: Equatable, Sendable {
  package var clusterID = UniqueID.zero
  package var epoch: UInt32 = 0
  package var lastChanged = UTime.zero
  package var created = UTime.zero
  /// What a monitor must support, then what all of this quorum happen to.
  package var persistentFeatures: UInt64 = 0
  package var optionalFeatures: UInt64 = 0
  package var monitors: [ByteString: Monitor] = [:]
  /// Their names by rank.
  package var ranks: [ByteString] = []
  package var minMonRelease = Release.unknown
  package var removedRanks: Set<Int32> = []
  /// 1 classic, 2 disallow, 3 connectivity.
  package var electionStrategy: UInt8 = 1
  package var disallowedLeaders: Set<ByteString> = []
  package var isStretched = false
  package var tiebreaker = ByteString()
  package var stretchMarkedDown: Set<ByteString> = []

  package init() {}

  /// Ceph: `mon_info_t`. Layout: framed 5/1, or 5/4 with a CRUSH location, in this order.
  package struct Monitor: Equatable, Sendable {
    package var name: ByteString
    package var addresses: EntityAddresses
    /// The lower, the more it is preferred; among equals by weight.
    package var priority: UInt16 = 0
    package var weight: UInt16 = 0
    package var crushLocation: [ByteString: ByteString] = [:]

    package init(name: ByteString, addresses: EntityAddresses) {
      self.name = name
      self.addresses = addresses
    }
  }

  /// The monitor of a rank.
  package func monitor(rank: Int) -> Monitor? {
    ranks.indices.contains(rank) ? monitors[ranks[rank]] : nil
  }

  package func rank(of name: ByteString) -> Int? { ranks.firstIndex(of: name) }

  package func rank(at address: EntityAddress) -> Int? {
    ranks.firstIndex { monitors[$0]?.addresses.contains(address) ?? false }
  }
}

extension MonMap: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("MonMap", understands: 9) {
      (reader, version) throws(DecodeError) in
      guard version >= 6 else { throw .tooOld("MonMap", version: version) }
      var map = MonMap()
      map.clusterID = try reader.read()
      map.epoch = try reader.read()
      map.lastChanged = try reader.read()
      map.created = try reader.read()
      map.persistentFeatures = try reader.readMonFeatures()
      map.optionalFeatures = try reader.readMonFeatures()
      map.monitors = try reader.readMap(
        { (reader) throws(DecodeError) in try reader.readByteString() },
        { (reader) throws(DecodeError) in try Monitor(from: &reader) })
      map.ranks = try reader.readNames()
      if version >= 7 { map.minMonRelease = Release(rawValue: try reader.read()) }
      try map.readLater(from: &reader, version: version)
      return map
    }
  }

  private mutating func readLater(
    from reader: inout WireReader, version: UInt8
  ) throws(DecodeError) {
    guard version >= 8 else { return }
    removedRanks = Set(try reader.readNumberArray(of: Int32.self))
    electionStrategy = try reader.read()
    disallowedLeaders = Set(try reader.readNames())
    guard version >= 9 else { return }
    isStretched = try reader.readBool()
    tiebreaker = try reader.readByteString()
    stretchMarkedDown = Set(try reader.readNames())
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 9, compat: 6) { writer in
      writer.write(clusterID)
      writer.write(epoch)
      writer.write(lastChanged)
      writer.write(created)
      writer.write(monFeatures: persistentFeatures)
      writer.write(monFeatures: optionalFeatures)
      writer.write(map: monitors) { writer, name, monitor in
        writer.write(name)
        writer.write(monitor)
      }
      writer.write(array: ranks) { $0.write($1) }
      writer.write(minMonRelease.rawValue)
      writer.write(numbers: removedRanks.sorted())
      writer.write(electionStrategy)
      writer.write(array: disallowedLeaders.sorted()) { $0.write($1) }
      writer.write(isStretched)
      writer.write(tiebreaker)
      writer.write(array: stretchMarkedDown.sorted()) { $0.write($1) }
    }
  }
}

extension MonMap.Monitor: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("mon_info_t", understands: 5) {
      (reader, version) throws(DecodeError) in
      var monitor = MonMap.Monitor(
        name: try reader.readByteString(), addresses: try reader.read())
      if version >= 2 { monitor.priority = try reader.read() }
      if version >= 4 { monitor.weight = try reader.read() }
      if version >= 5 { monitor.crushLocation = try reader.readTextMap() }
      return monitor
    }
  }

  package func encode(into writer: inout WireWriter) {
    // A reader that does not know the location would misunderstand elections.
    writer.writeFramed(version: 5, compat: crushLocation.isEmpty ? 1 : 4) { writer in
      writer.write(name)
      writer.write(addresses)
      writer.write(priority)
      writer.write(weight)
      writer.write(textMap: crushLocation)
    }
  }
}

extension WireReader {
  /// `mon_feature_t`: framed 1/1, u64.
  fileprivate mutating func readMonFeatures() throws(DecodeError) -> UInt64 {
    try readFramed("mon_feature_t", understands: 1) { (reader, _) throws(DecodeError) in
      try reader.read(UInt64.self)
    }
  }

  fileprivate mutating func readNames() throws(DecodeError) -> [ByteString] {
    try readArray(elementBytesMin: 4) { (reader) throws(DecodeError) in
      try reader.readByteString()
    }
  }
}

extension WireWriter {
  fileprivate mutating func write(monFeatures features: UInt64) {
    writeFramed(version: 1, compat: 1) { $0.write(features) }
  }
}
