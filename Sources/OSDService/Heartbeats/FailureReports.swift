import Base
import RadosTypes

/// What the monitors are to be told of one OSD.
struct FailureReport: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// It does not answer.
    case silent
    /// Nobody listens where it should: it is gone.
    case refused
    /// It was reported, and answers again.
    case alive

    /// The flags of MOSDFailure: 1 failed, 2 immediate.
    var flags: UInt8 {
      switch self {
      case .silent: 1
      case .refused: 3
      case .alive: 0
      }
    }
  }

  var osd: Int32
  /// As they stood in the map when it was first reported.
  var addresses: EntityAddresses
  var kind: Kind
  /// How long it has been silent, whole seconds.
  var seconds: Int32 = 0
}

/// Who is to be reported, and who has been: each once, until it is withdrawn or a map has it down.
///
/// Ceph: `failure_queue` and `failure_pending`.
struct FailureReports: Sendable {
  private var queued: [Int32: Instant] = [:]
  private var pending: [Int32: (since: Instant, addresses: EntityAddresses)] = [:]

  /// Everybody that is or will be reported.
  var osds: Set<Int32> { Set(queued.keys).union(pending.keys) }

  /// True if nobody knew it.
  mutating func note(_ osd: Int32, silentSince since: Instant) -> Bool {
    let isNew = queued[osd] == nil && pending[osd] == nil
    queued[osd] = since
    return isNew
  }

  /// It answers: nothing will be reported, and what was is taken back.
  mutating func withdraw(_ osd: Int32) -> FailureReport? {
    queued[osd] = nil
    guard let reported = pending.removeValue(forKey: osd) else { return nil }
    return FailureReport(osd: osd, addresses: reported.addresses, kind: .alive)
  }

  mutating func withdrawAll() -> [FailureReport] { osds.sorted().compactMap { withdraw($0) } }

  /// It is down, or somebody else by now.
  mutating func forget(_ osd: Int32) {
    queued[osd] = nil
    pending[osd] = nil
  }

  /// What is to be sent now.
  mutating func take(
    at now: Instant, addresses: (Int32) -> EntityAddresses
  ) -> [FailureReport] {
    var reports: [FailureReport] = []
    for (osd, since) in queued.sorted(by: { $0.key < $1.key }) where pending[osd] == nil {
      let known = addresses(osd)
      pending[osd] = (since, known)
      let seconds = Int32(clamping: (now - since).wholeNanoseconds / 1_000_000_000)
      reports.append(FailureReport(osd: osd, addresses: known, kind: .silent, seconds: seconds))
    }
    queued.removeAll()
    return reports
  }

  /// A new monitor knows of nothing.
  mutating func requeue() {
    for (osd, reported) in pending { queued[osd] = reported.since }
    pending.removeAll()
  }
}
