import ClusterMaps
import Messages
import Peering
import RadosTypes
import Testing

extension PeeringStateTests {
  /// osd.0's machine for a PG of three copies; OSDs 0 to 4 up since epoch 2, PG made in 2.
  final class Bench {
    static let pg = PGID(pool: 1, seed: 0)
    let machine: PeeringState
    var time: Int64 = 0
    var up: [Int32]
    var contents = OSDMap.Contents()
    /// All actions so far, but for the logs.
    var actions: [PeeringAction] = []

    init(up: [Int32] = [0, 1, 2], whoami: Int32 = 0, log: Int = 0, started: UInt32 = 0) {
      self.up = up
      contents.epoch = 10
      contents.osds.resize(to: 5)
      for osd in 0..<5 {
        contents.osds.states[osd] = [.exists, .up]
        contents.osds.infos[osd].upFrom = 2
        contents.osds.infos[osd].upThrough = 10
      }
      var pool = Pool(size: 3)
      pool.minSize = 2
      contents.pools[1] = pool
      var info = Bench.info(log, started: started)
      info.history.sameIntervalSince = 10
      info.history.lastEpochClean = started
      var records = PGLog()
      for version in 1...max(1, log) where version <= log { records.append(Bench.entry(version)) }
      machine = PeeringState(
        ShardPGID(Bench.pg), whoami: PGShard(osd: whoami), map: OSDMap(contents), pool: pool,
        placement: Bench.placement(up), info: info, isNew: true, log: records)
      machine.oldestMap = 10
      feed(.initialize)
      feed(.activateMap)
      feed(.intervalFlushed)
    }

    static func placement(_ osds: [Int32]) -> PGPlacement {
      var placement = PGPlacement()
      placement.up = osds
      placement.acting = osds
      placement.upPrimary = osds.first ?? -1
      placement.actingPrimary = placement.upPrimary
      return placement
    }

    static func entry(_ version: Int, epoch: UInt32 = 9) -> PGLogEntry {
      var entry = PGLogEntry(
        .modify, HObject(pool: 1, hash: UInt32(version), name: "o"),
        version: EVersion(epoch: epoch, version: UInt64(version)), priorVersion: .zero)
      entry.modification = .unrollbackable
      return entry
    }

    static func info(_ end: Int, started: UInt32) -> PGInfo {
      var info = PGInfo(ShardPGID(pg))
      info.history.epochCreated = 2
      info.history.epochPoolCreated = 2
      info.history.lastEpochStarted = started
      info.history.lastIntervalStarted = started
      info.lastEpochStarted = started
      info.lastIntervalStarted = started
      info.lastUpdate = end == 0 ? .zero : EVersion(epoch: 9, version: UInt64(end))
      info.lastComplete = info.lastUpdate
      return info
    }

    func feed(_ event: PeeringEvent) {
      feed(PGPeeringEvent(at: machine.epoch, event))
    }

    func feed(_ event: PGPeeringEvent) {
      let now = PeeringTime(monotonic: TimeSpan(nanoseconds: time), wall: UTime(seconds: 1))
      actions += machine.handle(event, at: now).filter {
        if case .log(.debug, _) = $0 { false } else { true }
      }
    }

    /// The next map, with these up.
    func advance(
      to up: [Int32]? = nil, acting: [Int32]? = nil,
      _ change: (inout OSDMap.Contents) -> Void = { _ in }
    ) {
      contents.epoch += 1
      self.up = up ?? self.up
      change(&contents)
      var placement = Bench.placement(self.up)
      placement.acting = acting ?? self.up
      placement.actingPrimary = placement.acting.first ?? -1
      feed(.advanceMap(OSDMap(contents), placement))
      feed(.activateMap)
      feed(.intervalFlushed)
    }

    func notify(_ osd: Int32, _ info: PGInfo) {
      let notify = PGNotify(queryEpoch: machine.epoch, epochSent: machine.epoch, info: info)
      feed(.notify(notify, from: PGShard(osd: osd)))
    }

    /// The messages that were sent to somebody, by their kind; forgotten then.
    func sent(to osd: Int32? = nil) -> [String] {
      defer { actions = [] }
      return actions.compactMap {
        guard case .send(let message, let to) = $0, osd == nil || osd == to else { return nil }
        return String("\(message)".split(separator: "(")[0].split(separator: ".").last ?? "")
      }
    }

    func activated(_ osd: Int32) {
      let message = MOSDPGInfo2(
        pgID: machine.id, epochSent: machine.epoch, minEpoch: machine.epoch, info: machine.info,
        leaseAck: PGLeaseAck(readableUntilBound: TimeSpan(nanoseconds: time + 16_000_000_000)))
      feed(.info(message, from: PGShard(osd: osd)))
    }

    /// What a member says when it is asked for its log.
    func log(_ versions: ClosedRange<Int>, _ missing: Missing = Missing()) -> MOSDPGLog {
      var info = Bench.info(versions.upperBound, started: 9)
      if !missing.items.isEmpty { info.lastComplete = .zero }
      var message = MOSDPGLog(
        epoch: machine.epoch, info: info, log: PGLogRecord(), missing: missing,
        queryEpoch: machine.epoch)
      message.log.tail = EVersion(epoch: 9, version: UInt64(versions.lowerBound - 1))
      if versions.lowerBound == 1 { message.log.tail = .zero }
      message.log.entries = versions.map { Bench.entry($0) }
      message.log.head = Bench.entry(versions.upperBound).version
      return message
    }

    /// Through peering with two replicas that have the same.
    func activate() {
      for osd in up where osd != machine.whoami.osd {
        notify(osd, Bench.info(Int(machine.info.lastUpdate.version), started: 9))
      }
      feed(.activateCommitted(activationEpoch: machine.epoch))
      for osd in up where osd != machine.whoami.osd { activated(osd) }
    }
  }
}
