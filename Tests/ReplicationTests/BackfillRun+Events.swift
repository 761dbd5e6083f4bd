import Base
import Buffers
import ObjectStores
import Peering
import RadosTypes
import Replication
import TestKit
import Testing

extension BackfillRun {
  /// Objects here, and copies that have some of them, in these or older versions, and others.
  func prepare() async throws {
    for _ in 0..<number(0...150) { await write(isSent: false) }
    var old = Transaction()
    for object in names where chance(2) {
      var info = ObjectInfo(object)
      info.version = EVersion(epoch: 1, version: UInt64(number(1...9)))
      old.write(GHObject(object), in: old.pg, offset: 0, data: BufferList(StoreSamples.bytes(50)))
      old.setAttribute(GHObject(object), in: old.pg, ObjectInfo.attributeName, info.wire)
    }
    var last: [PGShard: HObject] = [:]
    for shard in shards {
      guard let target = targets[shard] else { continue }
      if chance(2) { await target.harness.commit(old, on: target.collection) }
      let position = chance(2) ? HObject.min : names[number(0...names.count - 1)]
      last[shard] = position
      target.beganEmpty = position.isMin
      for object in names where object <= position || chance(5) {
        try await copy(object, to: target)
        if object <= position, let sum = sums[object] { target.sum += sum }
      }
    }
    reached = last
    plan = BackfillPlan(last)
  }

  private func copy(_ object: HObject, to target: Target) async throws {
    let name = GHObject(object)
    await target.harness.commit(on: target.collection) { $0.remove(name, in: $0.pg) }
    guard objects[object] != nil else { return }
    let data = try await primary.store.read(name, in: collection)
    let attributes = try await primary.store.attributes(of: name, in: collection)
    let omap = try await primary.store.omapEntries(of: name, in: collection)
    await target.harness.commit(on: target.collection) { t in
      t.write(name, in: t.pg, offset: 0, data: data)
      t.setAttributes(name, in: t.pg, attributes)
      t.omapSet(name, in: t.pg, omap.entries)
    }
  }

  func run(eventsMax: Int = 20_000) async throws {
    for _ in 0..<eventsMax where !plan.isFinished {
      switch number(0...9) {
      case 0: await write()
      case 1...3: try await turn()
      case 4: try await continueScan()
      case 5...6:
        for shard in shards where chance(2) {
          for _ in 0..<number(0...4) { try await deliver(to: shard) }
        }
      case 7...8: for shard in shards where chance(2) { try await deliver(from: shard) }
      default: trimLog()
      }
    }
    #expect(plan.isFinished, "not finished after \(eventsMax) events")
    for shard in shards { while try await deliver(to: shard) {} }
  }

  /// A log that is trimmed past a scan makes it be done again.
  private func trimLog() {
    guard chance(20), log.head.version > 3 else { return }
    let keep = UInt64(number(0...3))
    var limits = PGLogLimits()
    limits.dupsTracked = 0
    log.trim(to: EVersion(epoch: 2, version: log.head.version - keep), limits: limits)
  }

  private func continueScan() async throws {
    if let done = scanDone {
      scanDone = nil
      plan.scanned(done)
    } else if let from = scanAsked {
      scanAsked = nil
      scanDone = try await BackfillInterval.scan(
        collection, of: primary.store, from: from, version: log.head, settings)
    }
  }

  /// The next message, if there is one.
  @discardableResult
  private func deliver(to shard: PGShard) async throws -> Bool {
    guard let target = targets[shard], let message = target.inbox.popFirst() else { return false }
    var transaction = Transaction()
    switch message {
    case .write(let write): transaction = write
    case .remove(let objects):
      try target.pushes.remove(objects, into: &transaction)
    case .push(let push):
      _ = try await target.pushes.receive(push, into: &transaction)
      target.outbox.append(.stored(push.object))
    case .scan(let from):
      let found = try await BackfillInterval.scan(
        target.collection, of: target.harness.store, from: from, version: .zero, settings)
      target.outbox.append(.scanned(begin: found.begin, end: found.end, found.wireObjects))
    case .progress(let position, let versions):
      try await expect(target, upTo: position, versions)
    }
    await target.harness.commit(transaction, on: target.collection)
    return true
  }

  /// Up to its last backfill the target has what the primary had.
  private func expect(
    _ target: Target, upTo position: HObject, _ versions: Versions
  ) async throws {
    var settings = RecoverySettings()
    settings.scanMin = 1000
    settings.scanMax = 1000
    let found = try await BackfillInterval.scan(
      target.collection, of: target.harness.store, from: .min, version: .zero, settings)
    let theirs = found.objects.filter { $0.key <= position }.map { ObjectVersion($0.key, $0.value) }
    let wanted = versions.sorted { $0.key < $1.key }.map { ObjectVersion($0.key, $0.value) }
    #expect(theirs == wanted)
  }

  private func deliver(from shard: PGShard) async throws {
    guard let message = targets[shard]?.outbox.popFirst() else { return }
    switch message {
    case .scanned(let begin, let end, let bytes):
      try plan.scanned(BackfillInterval(begin: begin, end: end, wireObjects: bytes), by: shard)
    case .stored(let object):
      switch pushing[object]?.answered(shard) {
      case .wants(var push):
        let source = ObjectSource(store: primary.store, collection: collection, settings: settings)
        targets[shard]?.inbox.append(.push(try await push.next(from: source)))
        pushing[object]?.made(push, for: shard)
      case .has(let version):
        #expect(objects[object] == version)
        guard pushing[object]?.isEmpty == true else { return }
        pushing[object] = nil
        plan.arrived(object)
      case .unknown, .failed, nil: Issue.record("\(object) was not pushed to \(shard)")
      }
    }
  }

  /// All copies are the same.
  func expectEqualCopies() async throws {
    let wanted = objects.keys.sorted().map { GHObject($0) }
    #expect(try await primary.store.list(collection) == wanted)
    for target in targets.values {
      let (one, other) = (primary.store, target.harness.store)
      #expect(try await other.list(target.collection) == wanted)
      for name in wanted {
        let (mine, theirs) = (collection, target.collection)
        #expect(try await one.read(name, in: mine) == other.read(name, in: theirs))
        #expect(
          try await one.attributes(of: name, in: mine) == other.attributes(of: name, in: theirs))
        let omap = try await one.omapEntries(of: name, in: mine)
        #expect(try await omap == other.omapEntries(of: name, in: theirs))
      }
      let total = sums.values.reduce(into: ObjectStatSum()) { $0 += $1 }
      #expect(target.sum == total)
    }
  }
}
