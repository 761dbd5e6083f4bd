import Base
import Buffers
import ObjectStores
import RadosTypes
import Replication
import TestKit
import Testing
import Wire

/// What parts do to the store, operation by operation, as `submit_push_data` of ReplicatedBackend.cc
/// has it.
@Suite struct PushOperationsTests {
  private static let object = StoreSamples.object("obj").object

  /// A part of a 100-byte object that has a hole at 40..<60.
  private static func part(_ change: (inout PushOp) -> Void = { _ in }) -> PushOp {
    var info = ObjectInfo(object)
    info.version = EVersion(epoch: 3, version: 9)
    info.size = 100
    info.expectedObjectSize = 4096
    info.expectedWriteSize = 512
    info.allocationHintFlags = 1
    var push = PushOp(object, version: info.version)
    push.recovery.version = info.version
    push.recovery.object = object
    push.recovery.size = 100
    push.recovery.copySubset = IntervalSet(start: 0, length: 100)
    push.dataIncluded = IntervalSet(start: 0, length: 40)
    push.dataIncluded.insert(60, length: 40)
    push.data = ByteSlice(StoreSamples.bytes(80))
    push.attributes = ["snapset": SnapSet().wire, "_": info.wire]
    push.omapHeader = ByteString("header").slice
    push.omapEntries = ["b": ByteString("2").slice, "a": ByteString("1").slice]
    push.after.isFirst = false
    push.after.dataRecoveredTo = 100
    push.after.dataComplete = true
    push.after.omapComplete = true
    change(&push)
    return push
  }

  /// Operations in words.
  private static func words(_ transaction: Transaction) -> [String] {
    transaction.operations.map { operation in
      let name = transaction.object(of: operation).object
      let who = name.isTemporary ? name.name.text : "obj" + (name.isHead ? "" : "@\(name.snap)")
      let second = operation.action.secondObject.map { transaction.objects[Int($0)].object }
      let other = second.map { $0.isTemporary ? $0.name.text : $0.name.text } ?? ""
      switch operation.action {
      case .remove: return "remove \(who)"
      case .touch: return "touch \(who)"
      case .setAllocationHint(let size, let write, let flags):
        return "hint \(who) \(size) \(write) \(flags)"
      case .removeAttributes: return "rmattrs \(who)"
      case .omapClear: return "omap_clear \(who)"
      case .truncate(let size): return "truncate \(who) \(size)"
      case .omapSetHeader(let header): return "omap_header \(who) \(header.text)"
      case .zero(let offset, let length): return "zero \(who) \(offset)~\(length)"
      case .write(let offset, let data): return "write \(who) \(offset)~\(data.count)"
      case .omapSet(let entries):
        return "omap_set \(who) " + entries.map(\.name.text).joined(separator: ",")
      case .setAttributes(let values):
        return "setattrs \(who) " + values.map(\.name.text).joined(separator: ",")
      case .cloneRange(_, let offset, let length, let to):
        return "clone_range \(who) \(other) \(offset)~\(length) \(to)"
      case .moveRename: return "rename \(who) \(other)"
      default: return "\(operation.action)"
      }
    }
  }

  private static func operations(_ rig: CopyRig, _ push: PushOp) async throws -> [String] {
    var transaction = Transaction()
    _ = try await rig.pushTarget.receive(push, into: &transaction)
    let words = words(transaction)
    await rig.target.commit(transaction, on: rig.targetPG)
    return words
  }

  private static func expect(_ rig: CopyRig, _ push: PushOp, _ wanted: [String]) async throws {
    let found = try await operations(rig, push)
    #expect(found == wanted)
  }

  @Test func `a whole object replaces what was there`() throws {
    try CopyRig.run { rig in
      try await Self.expect(
        rig, Self.part(),
        [
          "remove obj", "touch obj", "hint obj 4096 512 1", "rmattrs obj", "omap_clear obj",
          "truncate obj 100", "omap_header obj header", "zero obj 40~20", "write obj 0~40",
          "write obj 60~40", "omap_set obj a,b", "setattrs obj _,snapset",
        ])
    }
  }

  @Test func `a partial push in one part changes the object in its place`() throws {
    try CopyRig.run { rig in
      _ = try await Self.operations(rig, Self.part())
      let push = Self.part {
        $0.recovery.exists = true
        $0.recovery.copySubset = IntervalSet(start: 30, length: 20)
        $0.dataIncluded = IntervalSet(start: 30, length: 10)
        $0.data = $0.data.prefix(10)
        $0.after.dataRecoveredTo = 50
        $0.before.omapComplete = true
        $0.omapEntries = [:]
      }
      try await Self.expect(
        rig, push,
        [
          "rmattrs obj", "truncate obj 100", "omap_header obj header", "zero obj 40~10",
          "write obj 30~10", "setattrs obj _,snapset",
        ])
    }
  }

  @Test func `an object of several parts grows aside and is renamed`() throws {
    try CopyRig.run { rig in
      _ = try await Self.operations(rig, Self.part())
      let aside = "temp_recovering_1.0_3'9_7_head"
      let first = Self.part {
        $0.recovery.exists = true
        $0.recovery.copySubset = IntervalSet(start: 10, length: 60)
        $0.dataIncluded = IntervalSet(start: 10, length: 20)
        $0.data = $0.data.prefix(20)
        $0.after.dataRecoveredTo = 30
        $0.after.dataComplete = false
      }
      try await Self.expect(
        rig, first,
        [
          "remove \(aside)", "touch \(aside)", "hint \(aside) 4096 512 1", "truncate \(aside) 100",
          "omap_header \(aside) header", "clone_range obj \(aside) 0~10 0",
          "clone_range obj \(aside) 70~30 70", "write \(aside) 10~20", "omap_set \(aside) a,b",
          "setattrs \(aside) _,snapset",
        ])
      let last = Self.part {
        $0.recovery = first.recovery
        $0.before = first.after
        $0.dataIncluded = IntervalSet(start: 50, length: 20)
        $0.data = $0.data.prefix(20)
        $0.after.dataRecoveredTo = 70
        $0.attributes = [:]
        $0.omapEntries = [:]
      }
      try await Self.expect(
        rig, last,
        [
          "zero \(aside) 30~20", "write \(aside) 50~20", "remove obj", "rename \(aside) obj",
        ])
      try await rig.expectOnly([Self.object])
    }
  }

  @Test func `what clones have is taken from them at the end`() throws {
    try CopyRig.run { rig in
      let clone = Self.object.with(snap: SnapID(4))
      await rig.target.commit(on: rig.targetPG) {
        $0.write(GHObject(clone), in: $0.pg, offset: 0, data: BufferList(StoreSamples.bytes(90)))
      }
      let push = Self.part {
        $0.recovery.copySubset = IntervalSet(start: 0, length: 60)
        $0.recovery.cloneSubset = [clone: IntervalSet(start: 60, length: 30)]
        $0.dataIncluded = IntervalSet(start: 0, length: 60)
        $0.data = $0.data.prefix(60)
        $0.after.dataRecoveredTo = 60
        $0.omapHeader = .empty
        $0.omapEntries = [:]
      }
      try await Self.expect(
        rig, push,
        [
          "remove obj", "touch obj", "hint obj 4096 512 1", "rmattrs obj", "omap_clear obj",
          "truncate obj 100", "write obj 0~60", "setattrs obj _,snapset",
          "clone_range obj@4 obj 60~30 60",
        ])
    }
  }
}

/// What no correct peer sends is refused, and the store sees nothing of it.
@Suite struct MalformedPushTests {
  typealias Change = @Sendable (inout PushOp) -> Void

  private static let object = StoreSamples.object("obj").object

  private static func part() -> PushOp {
    var info = ObjectInfo(object)
    info.version = EVersion(epoch: 3, version: 9)
    var push = PushOp(object, version: info.version)
    push.recovery.version = info.version
    push.recovery.size = 100
    push.recovery.copySubset = IntervalSet(start: 0, length: 100)
    push.dataIncluded = IntervalSet(start: 10, length: 50)
    push.data = ByteSlice(StoreSamples.bytes(50))
    push.attributes = ["_": info.wire, "_user": ByteString("value").slice]
    push.omapEntries = ["key": ByteString("value").slice]
    push.after.isFirst = false
    push.after.dataRecoveredTo = 100
    push.after.dataComplete = true
    push.after.omapComplete = true
    return push
  }

  private static let changes: [(String, Change)] = [
    ("no version", { $0.version = .zero }),
    ("two versions", { $0.recovery.version.version += 1 }),
    ("another object", { $0.recovery.object.name = "other" }),
    (
      "another pool",
      { push in
        push.object.pool += 1
        push.recovery.object.pool += 1
      }
    ),
    (
      "the PG's own object",
      { push in
        push.object.name = ""
        push.recovery.object.name = ""
      }
    ),
    ("the greatest object", { push in (push.object, push.recovery.object) = (.max, .max) }),
    ("data that is not announced", { $0.dataIncluded = IntervalSet() }),
    ("too little data", { $0.data = $0.data.prefix(49) }),
    ("data that was not wanted", { $0.recovery.copySubset.remove(20, length: 5) }),
    ("data before the part", { $0.before.dataRecoveredTo = 11 }),
    ("data behind the part", { $0.after.dataRecoveredTo = 59 }),
    ("a part that goes backwards", { $0.before.dataRecoveredTo = 101 }),
    ("data behind the end", { $0.recovery.size = 59 }),
    ("an object too large for a store", { $0.recovery.size = 1 << 32 }),
    ("an unknown size", { $0.recovery.size = .max }),
    ("no information", { $0.attributes["_"] = nil }),
    ("bad information", { $0.attributes["_"] = ByteSlice([1, 2, 3]) }),
    ("a part without a first one", { $0.before.isFirst = false }),
    ("an object that is not there to be changed", { $0.recovery.exists = true }),
    (
      "a clone that is not there",
      { $0.recovery.cloneSubset[object.with(snap: SnapID(1))] = IntervalSet(start: 0, length: 5) }
    ),
    (
      "a clone that is too short",
      { $0.recovery.cloneSubset[object.with(snap: SnapID(2))] = IntervalSet(start: 0, length: 50) }
    ),
    (
      "a clone's data behind the end",
      {
        $0.recovery.cloneSubset[object.with(snap: SnapID(2))] = IntervalSet(start: 0, length: 101)
      }
    ),
    ("itself as clone", { $0.recovery.cloneSubset[object] = IntervalSet(start: 0, length: 5) }),
    (
      "a stranger as clone",
      {
        let other = StoreSamples.object("other", snap: SnapID(2)).object
        $0.recovery.cloneSubset[other] = IntervalSet(start: 0, length: 5)
      }
    ),
  ]

  @Test(arguments: changes.map(\.0))
  func `a malformed part is refused`(what: String) throws {
    let change = try #require(Self.changes.first { $0.0 == what }?.1)
    try CopyRig.run { rig in
      let clone = Self.object.with(snap: SnapID(2))
      await rig.target.commit(on: rig.targetPG) {
        $0.write(GHObject(clone), in: $0.pg, offset: 0, data: BufferList(StoreSamples.bytes(40)))
      }
      var push = Self.part()
      change(&push)
      var transaction = Transaction()
      await #expect(throws: RecoveryError.self) {
        _ = try await rig.pushTarget.receive(push, into: &transaction)
      }
      #expect(transaction.isEmpty)
      try await rig.receive(Self.part())
      try await rig.expectOnly([Self.object, clone])
    }
  }

  @Test func `parts that do not follow on each other are refused`() throws {
    try CopyRig.run { rig in
      var first = Self.part()
      first.after.dataRecoveredTo = 60
      first.after.dataComplete = false
      try await rig.receive(first)
      let changes: [Change] = [
        { $0.before.dataRecoveredTo = 61 },
        { $0.before.omapRecoveredTo = "x" },
        { $0.version.version += 1 },
      ]
      var second = Self.part()
      second.before = first.after
      second.dataIncluded = IntervalSet(start: 70, length: 10)
      second.data = second.data.prefix(10)
      second.attributes = [:]
      for change in changes {
        var wrong = second
        change(&wrong)
        var transaction = Transaction()
        await #expect(throws: RecoveryError.self) {
          _ = try await rig.pushTarget.receive(wrong, into: &transaction)
        }
      }
      #expect(try await rig.receive(second).isComplete)
    }
  }

  /// The store ends the process when a transaction cannot be applied.
  @Test(arguments: 0..<4 as Range<UInt64>)
  func `bytes changed on the way never make the store fail`(seed: UInt64) throws {
    try CopyRig.run { rig in
      let torture = PushMutations(seed: seed)
      let sample = Self.part().wire
      var refused = 0
      var taken = 0
      for round in 0..<2500 {
        guard let push = torture.decoded(sample, round) else { continue }
        var transaction = Transaction()
        do throws(RecoveryError) {
          _ = try await rig.pushTarget.receive(push, into: &transaction)
          taken += 1
          await rig.target.commit(transaction, on: rig.targetPG)
        } catch {
          refused += 1
          #expect(transaction.isEmpty)
        }
        var pull = ObjectPull(
          Self.object, MissingItem(need: EVersion(epoch: 3, version: 9), cleanRegions: .fullyDirty),
          version: EVersion(epoch: 3, version: 9), from: PGShard(osd: 1))
        _ = try? await pull.receive(push, target: rig.pushTarget, into: &transaction)
      }
      #expect(refused > 100 && taken > 100)
    }
  }
}

/// Pushes with bytes changed that still decode.
private struct PushMutations {
  let seed: UInt64

  func decoded(_ sample: ByteSlice, _ round: Int) -> PushOp? {
    var random = SeededRandom(seed: seed &* 1_000_003 &+ UInt64(round))
    var bytes = sample.array
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      bytes[at] = Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : 0xff
    }
    return try? PushOp(wire: ByteSlice(bytes))
  }
}
