import Wire

/// What an OSD reports of itself to the manager.
///
/// Ceph: `osd_stat_t`. Encoded as version 14/2; the order is in the coder.
package struct OSDStat: Hashable, Sendable {
  /// Times of pings to one peer, microseconds: averages, least and greatest over 1, 5, 15 minutes.
  package struct PingTimes: Hashable, Sendable {
    /// Seconds since 1970.
    package var lastUpdate: UInt32 = 0
    package var back = Interface()
    package var front = Interface()

    package init() {}

    /// Over the last minute, five, fifteen.
    package struct Periods: Hashable, Sendable {
      package var one: UInt32 = 0
      package var five: UInt32 = 0
      package var fifteen: UInt32 = 0

      package init() {}
    }

    /// Over one network.
    package struct Interface: Hashable, Sendable {
      package var average = Periods()
      package var least = Periods()
      package var greatest = Periods()
      package var last: UInt32 = 0

      package init() {}
    }
  }

  package var statfs = StoreStatfs()
  package var heartbeatPeers: [Int32] = []
  package var snapTrimQueueLength: Int32 = 0
  package var snapsTrimming: Int32 = 0
  package var shardsRepaired: UInt64 = 0
  /// How many ops have waited less than 2^i ms.
  package var opQueueAges: [Int32] = []
  package var commitLatencyMS: UInt32 = 0
  package var applyLatencyMS: UInt32 = 0
  package var alerts: [Int32: [String: String]] = [:]
  package var upFrom: UInt32 = 0
  /// `upFrom << 32 | n`: a client waits for one of these to know that its statistics have arrived.
  package var sequence: UInt64 = 0
  package var pgCount: UInt32 = 0
  /// 1 in a report; sums of reports count the OSDs.
  package var osds: UInt32 = 1
  package var perPoolOSDs: UInt32 = 0
  package var perPoolOmapOSDs: UInt32 = 0
  package var pingTimes: [Int32: PingTimes] = [:]

  package init() {}
}
