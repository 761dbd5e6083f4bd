import Base
import Messages
import RadosTypes
import Scrubbing

/// What a PG keeps of its scrubs: of those that it leads, and of the part that it has in others'.
///
/// Ceph: `PgScrubber`.
struct Scrub {
  // MARK: As the primary

  var machine = ScrubMachine(preemptionsMax: 5)
  var events = Fifo<ScrubMachine.Event>()
  var isBusy = false
  /// Counts chunks and scrubs: what was begun for an earlier one must not go on.
  var turn = 0
  /// Of the next one.
  var planned = ScrubRequest()
  /// Of the one under way.
  var mode = ScrubRequest()
  var isDeep = false
  var isRepair = false
  /// The first map of the interval of the last one; 0: there was none.
  var epochStart: UInt32 = 0
  var hasLocalPlace = false
  /// Of the chunk at hand.
  var maps: [PGShard: ScrubMap] = [:]
  var digests: [HObject: ScrubComparison.Digests] = [:]
  var tally = ScrubTally()
  /// Of what is to be repaired, the last write since it was gone through.
  var rewrites: [HObject: PGLogEntry] = [:]
  var groups = SnapSetGroups()
  /// Of the last scrub of this interval, or of the one under way; nil: there was none.
  var findings: ScrubFindings?
  /// Writes of objects of the chunk at hand.
  var waiting = Fifo<ClientOp>()
  /// Ops whose objects can be repaired when nothing else is being recovered.
  var waitingForClean = Fifo<ClientOp>()
  /// What is repaired now is looked at again then.
  var followsRecovery = false
  /// Numbers the writes that scrubs make.
  var writes: UInt64 = 0

  // MARK: As a replica

  var hasRemotePlace = false
  var part: ScrubPart?
  var partNumber = 0
  /// Pushes that are being taken: what they bring is not seen yet.
  var pushesUnderWay = 0

  init() {}

  /// A write while a scrub is under way.
  mutating func note(_ entry: PGLogEntry) {
    guard !entry.isError, tally.authoritative[entry.object] != nil else { return }
    rewrites[entry.object] = entry
  }
}

/// A run of objects that the primary wants scrubbed.
struct ScrubPart {
  let order: MOSDRepScrub
  let osd: Int32
  let number: Int
  var isRunning = false
  /// A write came in between; the primary will ask again.
  var isPreempted = false

  func contains(_ object: HObject) -> Bool { object >= order.start && object < order.end }
}
