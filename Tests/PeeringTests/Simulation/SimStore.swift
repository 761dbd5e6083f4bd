import Peering
import RadosTypes

/// An object of the simulation: four blocks, each with the number of the write that it is from.
struct SimObject: Hashable {
  static let blockCount: UInt64 = 4
  var version: EVersion
  var blocks: [UInt64]
}

/// A PG as a store has it: written only as the machine's changes say, so that a mark that was forgotten
/// shows when it is compared or loaded.
struct StoredCopy {
  var info: PGInfo
  var pastIntervals = PastIntervals()
  /// Ascending by version.
  var entries: [PGLogEntry] = []
  var dups: [PGLogDup] = []
  var missing: [HObject: MissingItem] = [:]
  var objects: [HObject: SimObject] = [:]
  var epoch: UInt32

  mutating func apply(_ changes: PeeringChanges, of machine: PeeringState) {
    epoch = machine.epoch
    if changes.info { info = machine.info }
    if changes.bigInfo { pastIntervals = machine.pastIntervals }
    let log = changes.log
    if log.isReplaced {
      entries = []
      dups = []
    }
    for version in log.removed { entries.removeAll { $0.version == version } }
    if log.isTrimmed { trim(machine.log) }
    for entry in machine.log.entries
    where log.isReplaced || entry.version >= log.entriesFrom
      || entry.version <= log.entriesThrough
    {
      put(entry)
    }
    if log.dups || log.isReplaced { dups = Array(machine.log.dups) }
    for object in log.missing { missing[object] = machine.missing[object] }
  }

  mutating func append(_ entry: PGLogEntry, of machine: PeeringState) {
    put(entry)
    info = machine.info
    trim(machine.log)
  }

  /// In its place, instead of what has the same version.
  private mutating func put(_ entry: PGLogEntry) {
    guard let before = entries.lastIndex(where: { $0.version <= entry.version }) else {
      return entries.insert(entry, at: 0)
    }
    if entries[before].version == entry.version {
      entries[before] = entry
    } else {
      entries.insert(entry, at: before + 1)
    }
  }

  private mutating func trim(_ log: PGLog) {
    let count = entries.prefix { $0.version <= log.tail }.count
    if count > 0 { entries.removeFirst(count) }
    if count > 0 || !dups.elementsEqual(log.dups) { dups = Array(log.dups) }
  }

  /// What differs from what the machine believes is there.
  func difference(from machine: PeeringState) -> String? {
    if !entries.elementsEqual(machine.log.entries) {
      return "entries \(entries.map(\.version)) of \(machine.log.entries.map(\.version))"
    }
    if missing != machine.missing.items { return "missing \(missing.count)" }
    if pastIntervals != machine.pastIntervals { return "past \(pastIntervals)" }
    var history = info.history
    // Counted down as time goes by; nobody writes it for that.
    history.priorReadableUntilBound = machine.info.history.priorReadableUntilBound
    if (info.lastUpdate, info.lastComplete, info.lastBackfill, info.logTail, history)
      != (
        machine.info.lastUpdate, machine.info.lastComplete, machine.info.lastBackfill,
        machine.info.logTail, machine.info.history
      )
      || info.lastEpochStarted != machine.info.lastEpochStarted
    {
      return "info \(info) of \(machine.info)"
    }
    return nil
  }

  var log: PGLog {
    var log = PGLog(head: info.logTail, tail: info.logTail, dups: dups)
    for entry in entries { log.append(entry) }
    log.raiseHead(to: info.lastUpdate)
    return log
  }
}

/// Events in the order of their times; of equal times in the order in which they were put in.
struct SimQueue<Event> {
  private var heap: [(time: Int64, number: UInt64, event: Event)] = []
  private var number: UInt64 = 0

  var isEmpty: Bool { heap.isEmpty }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    (heap[left].time, heap[left].number) < (heap[right].time, heap[right].number)
  }

  mutating func push(_ time: Int64, _ event: Event) {
    heap.append((time, number, event))
    number += 1
    var at = heap.count - 1
    while at > 0, isBefore(at, (at - 1) / 2) {
      heap.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  mutating func pop() -> (time: Int64, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return (first.time, first.event) }
    heap[0] = last
    var at = 0
    while true {
      var least = at
      for child in [2 * at + 1, 2 * at + 2] where child < heap.count && isBefore(child, least) {
        least = child
      }
      if least == at { break }
      heap.swapAt(at, least)
      at = least
    }
    return (first.time, first.event)
  }
}
