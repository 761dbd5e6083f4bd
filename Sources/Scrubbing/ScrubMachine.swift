import RadosTypes

/// The course of a PG's scrub, as its primary leads it: events in, actions out. No I/O, no clock.
///
///     notActive ──start──▶ reserving ──all granted──▶ pendingTimer ──timer──▶ newChunk ◀─▶ rangeBlocked
///        ▲                     │ refused                ▲    ▲                   │ chosen
///        ├─────────────────────┘                        │    │                   ▼
///        │                                              │    │              waitPushes
///        │ last chunk                         next chunk│    │                   │ none is under way
///        └───────── waitDigestUpdate ───────────────────┘    │                   ▼
///                       ▲ compared                           │             waitLastUpdate
///                       │             preempted              │                   │ durable everywhere
///                  waitReplicas ─────────────────────────────┤                   ▼
///                       ▲ own map is built                   └ drainMaps ◀─── buildMap
///                       └─────────────────────────────────────── preempted ──────┘
///     any ──reset──▶ notActive
///
/// Ceph: `ScrubMachine` (scrub_machine.cc), and of `PgScrubber` what decides.
package struct ScrubMachine: Sendable {
  package enum Stage: String, Sendable {
    case notActive, reserving, pendingTimer, newChunk, rangeBlocked, waitPushes, waitLastUpdate
    case buildMap, drainMaps, waitReplicas, waitDigestUpdate
  }

  package enum Event: Sendable {
    /// `reserves`: places are to be had at the replicas first.
    case start(at: HObject, replicas: [PGShard], reserves: Bool)
    case granted(PGShard)
    case refused(PGShard)
    case timer
    /// The next objects, up to before `end`; `newest`: the last version of any of them.
    case chosen(end: HObject, newest: EVersion)
    case busy
    case unblocked
    case noPushes
    /// Durable on all copies up to here.
    case committed(EVersion)
    case built
    case failed
    case arrived(PGShard, isPreempted: Bool)
    /// The maps were compared; so many digests are being written.
    case compared(updates: Int)
    case updated
    case reset
  }

  package enum Action: Hashable, Sendable {
    case askForPlaces([PGShard])
    case giveBack([PGShard])
    /// Places are there, or are not.
    case begin
    case giveUp
    case sleep
    case choose(from: HObject, divisor: Int)
    case awaitPushes
    case awaitCommit(EVersion)
    case askForMaps([PGShard], from: HObject, to: HObject, isPreemptable: Bool)
    case build(from: HObject, to: HObject)
    case compare
    /// The digests that the comparison wants written, before any writer goes on.
    case update
    /// Nothing of the range is held any more.
    case letWritersGo
    case finish
    case clear
  }

  package private(set) var stage = Stage.notActive
  /// The objects at hand, `start..<end`; empty between chunks.
  package private(set) var start = HObject.min
  package private(set) var end = HObject.min
  package private(set) var maxEnd = HObject.min
  package private(set) var newest = EVersion.zero
  /// Whose map, or place, is awaited.
  package private(set) var awaited: Set<PGShard> = []
  package private(set) var preemption: ScrubPreemption
  private let preemptionsMax: Int
  private var replicas: [PGShard] = []
  private var granted: Set<PGShard> = []
  private var updatesPending = 0
  private var actions: [Action] = []

  package init(preemptionsMax: Int) {
    self.preemptionsMax = preemptionsMax
    preemption = ScrubPreemption(most: preemptionsMax)
  }

  package var isActive: Bool { stage != .notActive && stage != .reserving }
  package var isReserving: Bool { stage == .reserving }
  package var isLastChunk: Bool { end.isMax }

  package mutating func handle(_ event: Event) -> [Action] {
    switch event {
    case .start(let first, let replicas, let reserves): begin(first, replicas, reserves)
    case .granted(let from): grant(from)
    case .refused(let from): refuse(from)
    case .reset: reset()
    case .timer where stage == .pendingTimer, .unblocked where stage == .rangeBlocked: newChunk()
    case .chosen(let end, let newest) where stage == .newChunk: take(end, newest)
    case .busy where stage == .newChunk: stage = .rangeBlocked
    case .noPushes where stage == .waitPushes:
      stage = .waitLastUpdate
      actions.append(.awaitCommit(newest))
    case .committed(let version) where stage == .waitLastUpdate && version >= newest: gather()
    case .built where stage == .buildMap: didBuild()
    case .failed where isActive:
      reset()
    case .arrived(let from, let isPreempted): arrived(from, isPreempted)
    case .compared(let updates): compared(updates)
    case .updated where stage == .waitDigestUpdate:
      updatesPending -= 1
      nextOrEnd()
    case .timer, .unblocked, .chosen, .busy, .noPushes, .committed, .built, .failed, .updated: break
    }
    defer { actions = [] }
    return actions
  }

  // MARK: Places

  private mutating func begin(_ first: HObject, _ replicas: [PGShard], _ reserves: Bool) {
    guard stage == .notActive else { return }
    self.replicas = replicas
    start = first
    end = first
    maxEnd = first
    granted = []
    guard reserves, !replicas.isEmpty else { return activate() }
    stage = .reserving
    awaited = Set(replicas)
    actions.append(.askForPlaces(replicas))
  }

  private mutating func grant(_ from: PGShard) {
    guard stage == .reserving, awaited.remove(from) != nil else {
      // It was asked for a scrub that is over.
      if !granted.contains(from) { actions.append(.giveBack([from])) }
      return
    }
    granted.insert(from)
    if awaited.isEmpty { activate() }
  }

  /// All others are told, granted or not: what is on its way is taken back too.
  private mutating func refuse(_ from: PGShard) {
    guard stage == .reserving, awaited.remove(from) != nil else { return }
    giveBack()
    stage = .notActive
    actions.append(.giveUp)
  }

  private mutating func giveBack() {
    let holders = stage == .reserving ? granted.union(awaited) : granted
    if !holders.isEmpty { actions.append(.giveBack(holders.sorted())) }
    granted = []
    awaited = []
  }

  // MARK: Chunks

  private mutating func activate() {
    stage = .pendingTimer
    preemption = ScrubPreemption(most: preemptionsMax)
    actions += [.begin, .sleep]
  }

  /// The chunk was interrupted: it is chosen anew.
  private mutating func pause() {
    actions.append(.letWritersGo)
    sleep()
  }

  private mutating func sleep() {
    stage = .pendingTimer
    end = start
    actions.append(.sleep)
  }

  private mutating func newChunk() {
    stage = .newChunk
    preemption.beginTry()
    actions.append(.choose(from: start, divisor: preemption.divisor))
  }

  private mutating func take(_ end: HObject, _ newest: EVersion) {
    self.end = end
    maxEnd = max(maxEnd, end)
    self.newest = newest
    stage = .waitPushes
    actions.append(.awaitPushes)
  }

  private mutating func gather() {
    stage = .buildMap
    awaited = Set(replicas)
    // A write that came meanwhile has made the range empty: it is chosen anew.
    guard !preemption.hasHappened else {
      awaited = []
      return drain()
    }
    if !replicas.isEmpty {
      actions.append(
        .askForMaps(replicas, from: start, to: end, isPreemptable: preemption.isAllowed))
    }
    actions.append(.build(from: start, to: end))
  }

  private mutating func didBuild() {
    if preemption.hasHappened { return drain() }
    stage = .waitReplicas
    compareIfComplete()
  }

  private mutating func drain() {
    stage = .drainMaps
    if awaited.isEmpty { pause() }
  }

  private mutating func arrived(_ from: PGShard, _ isPreempted: Bool) {
    guard [.buildMap, .drainMaps, .waitReplicas].contains(stage), awaited.remove(from) != nil
    else { return }
    if isPreempted { preemption.preempt() }
    switch stage {
    case .drainMaps where awaited.isEmpty: pause()
    case .waitReplicas: compareIfComplete()
    default: break
    }
  }

  private mutating func compareIfComplete() {
    guard awaited.isEmpty else { return }
    if preemption.close() { return pause() }
    actions.append(.compare)
  }

  private mutating func compared(_ updates: Int) {
    guard stage == .waitReplicas else { return }
    stage = .waitDigestUpdate
    start = end
    updatesPending += updates
    if updates > 0 { actions.append(.update) }
    actions.append(.letWritersGo)
    nextOrEnd()
  }

  private mutating func nextOrEnd() {
    guard updatesPending <= 0 else { return }
    guard isLastChunk else {
      preemption = ScrubPreemption(most: preemptionsMax)
      return sleep()
    }
    giveBack()
    stage = .notActive
    actions.append(.finish)
  }

  private mutating func reset() {
    guard stage != .notActive else { return }
    giveBack()
    self = ScrubMachine(preemptionsMax: preemptionsMax, actions: actions + [.clear])
  }

  private init(preemptionsMax: Int, actions: [Action]) {
    self.init(preemptionsMax: preemptionsMax)
    self.actions = actions
  }

  // MARK: Writes

  /// Whether a write of this object has to wait; it may interrupt the chunk instead.
  package mutating func blocks(_ object: HObject) -> Bool {
    guard isActive, object >= start, object < end, !preemption.hasHappened else { return false }
    guard preemption.isAllowed else { return true }
    preemption.preempt()
    end = start
    return false
  }

  /// Whether what is known of the object has been counted already.
  package func isPast(_ object: HObject) -> Bool { isActive && object < start }
}
