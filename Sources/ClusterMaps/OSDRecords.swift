import RadosTypes
import Wire

/// What an OSD is at the moment. Ceph: `CEPH_OSD_*` in rados.h.
package struct OSDState: OptionSet, Hashable, Sendable {
  package var rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let exists = OSDState(rawValue: 1 << 0)
  package static let up = OSDState(rawValue: 1 << 1)
  /// Marked out by the monitor, not by an operator.
  package static let autoOut = OSDState(rawValue: 1 << 2)
  package static let new = OSDState(rawValue: 1 << 3)
  package static let full = OSDState(rawValue: 1 << 4)
  package static let nearFull = OSDState(rawValue: 1 << 5)
  package static let backfillFull = OSDState(rawValue: 1 << 6)
  package static let destroyed = OSDState(rawValue: 1 << 7)
  package static let noUp = OSDState(rawValue: 1 << 8)
  package static let noDown = OSDState(rawValue: 1 << 9)
  package static let noIn = OSDState(rawValue: 1 << 10)
  package static let noOut = OSDState(rawValue: 1 << 11)
  package static let stop = OSDState(rawValue: 1 << 12)

  private static let names = [
    "exists", "up", "autoout", "new", "full", "nearfull", "backfillfull", "destroyed", "noup",
    "nodown",
    "noin", "noout", "stop",
  ]

  package var names: [String] {
    Self.names.enumerated().filter { rawValue & 1 << $0.offset != 0 }.map(\.element)
  }
}

/// When an OSD came and went, in epochs.
///
/// Ceph: `osd_info_t`. Layout: `1: u8`, then the fields, u32 each.
package struct OSDInfo: Hashable, Sendable {
  /// The last time it was up from one clean stop to another.
  package var lastCleanBegin: UInt32 = 0
  package var lastCleanEnd: UInt32 = 0
  package var upFrom: UInt32 = 0
  /// It is known to have been alive at least until then.
  package var upThrough: UInt32 = 0
  package var downAt: UInt32 = 0
  package var lostAt: UInt32 = 0

  package init() {}
}

extension OSDInfo: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    try reader.skip(1)
    lastCleanBegin = try reader.read()
    lastCleanEnd = try reader.read()
    upFrom = try reader.read()
    upThrough = try reader.read()
    downAt = try reader.read()
    lostAt = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.write(lastCleanBegin)
    writer.write(lastCleanEnd)
    writer.write(upFrom)
    writer.write(upThrough)
    writer.write(downAt)
    writer.write(lostAt)
  }
}

/// More about an OSD: what it understands, how reliable it has been.
///
/// Ceph: `osd_xinfo_t`. Layout: framed 4/1, in this order; framed 3/1 without the last two for readers
/// older than Octopus.
package struct OSDExtraInfo: Hashable, Sendable {
  package var downStamp = UTime.zero
  /// How likely it is only slow when it does not answer: parts of 0xffffffff.
  package var laggyProbability: UInt32 = 0
  /// Seconds that it used to be slow for.
  package var laggyInterval: UInt32 = 0
  package var features = Features()
  /// The weight from before it was marked out automatically.
  package var oldWeight: UInt32 = 0
  package var lastPurgedSnapsScrub = UTime.zero
  /// Up to here it is known to be dead, not only down.
  package var deadEpoch: UInt32 = 0

  package init() {}

  /// Ceph keeps the probability as a float, and each reading and writing rounds it; what was almost 1
  /// overflows to 0.
  private var laggyProbabilityAsKept: UInt32 {
    UInt32(truncatingIfNeeded: UInt64(Float(laggyProbability)))
  }
}

extension OSDExtraInfo: WireDecodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("osd_xinfo_t", understands: 4) {
      (reader, version) throws(DecodeError) in
      guard version >= 3 else { throw .tooOld("osd_xinfo_t", version: version) }
      var info = OSDExtraInfo()
      info.downStamp = try reader.read()
      info.laggyProbability = try reader.read()
      info.laggyInterval = try reader.read()
      info.features = Features(rawValue: try reader.read())
      info.oldWeight = try reader.read()
      guard version >= 4 else { return info }
      info.lastPurgedSnapsScrub = try reader.read()
      info.deadEpoch = try reader.read()
      return info
    }
  }

  package func encode(into writer: inout WireWriter, features reader: Features) {
    let knowsDeath = reader.contains(.serverOctopus)
    writer.writeFramed(version: knowsDeath ? 4 : 3, compat: 1) { writer in
      writer.write(downStamp)
      writer.write(laggyProbabilityAsKept)
      writer.write(laggyInterval)
      writer.write(features.rawValue)
      writer.write(oldWeight)
      guard knowsDeath else { return }
      writer.write(lastPurgedSnapsScrub)
      writer.write(deadEpoch)
    }
  }
}
