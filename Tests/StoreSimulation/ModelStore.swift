import Base
import Buffers
import ObjectStores
import RadosTypes

/// What an object is to be.
package struct ModelObject: Equatable {
  package var data: [UInt8] = []
  package var attributes: [ByteString: [UInt8]] = [:]
  package var omap: [ByteString: [UInt8]] = [:]
  package var header: [UInt8] = []

  mutating func put(_ bytes: [UInt8], at offset: Int) {
    if data.count < offset + bytes.count {
      data += Array(repeating: 0, count: offset + bytes.count - data.count)
    }
    data.replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }
}

/// What a partition's collections are to hold after a number of transactions.
package struct ModelPartition {
  package var collections: [CollectionID: UInt32] = [:]
  package var objects: [GHObject: ModelObject] = [:]
  /// Transactions so far, and how many each collection's own record says.
  package var count = 0
}

/// What the objects of some PGs and their collections were before a transaction.
struct ModelUndo {
  private let collections: [(id: CollectionID, bits: UInt32?)]
  private let count: Int
  private let objects: [(name: GHObject, object: ModelObject?)]

  init(_ model: ModelPartition, _ pgs: [ShardPGID]) {
    collections = pgs.map { (.pg($0), model.collections[.pg($0)]) }
    count = model.count
    objects = pgs.flatMap(ModelSteps.allNames).map { ($0, model.objects[$0]) }
  }

  func apply(to model: inout ModelPartition) {
    for (id, bits) in collections { model.collections[id] = bits }
    model.count = count
    for (name, object) in objects { model.objects[name] = object }
  }
}

/// What a write of a transaction was.
struct ModelWrite {
  var object: GHObject
  var offset: Int
  var bytes: [UInt8]
}

/// Random steps, put into a transaction and done to the model alike.
struct ModelSteps {
  /// What the transaction at hand writes, for a client that will send it again.
  private(set) var writes: [ModelWrite] = []
  var random: SeededRandom
  /// Full enough: what is freed must balance what is written.
  var isFull = false
  /// Far from it: mostly large writes.
  var isEmpty = false
  /// Units that the transaction at hand may need, and those that it has not used.
  private(set) var unitsNeeded = 0
  private var unitsLeft = 0

  static let blocksMax = 40
  static let objectsPerCollection = 5
  /// What partitions count from, so that all counts have as many digits.
  static let countBase = 1_000_000

  init(random: SeededRandom) { self.random = random }

  /// A new transaction, which may need so many units.
  mutating func begin(units: Int) {
    writes = []
    unitsNeeded = 0
    unitsLeft = units
  }

  /// False if there is no room for that.
  private mutating func takeUnits(_ count: Int) -> Bool {
    guard count <= unitsLeft else { return false }
    unitsLeft -= count
    unitsNeeded += count
    return true
  }

  /// As much of a range as there is room for.
  private mutating func fitting(_ range: (offset: Int, count: Int)) -> (offset: Int, count: Int)? {
    var range = range
    // One block less than there is, since it may begin within one.
    range.count = min(range.count, (unitsLeft - 1) * 4096)
    guard range.count > 0, takeUnits(Self.blocks(range.offset, range.count)) else { return nil }
    return range
  }

  private static func blocks(_ offset: Int, _ count: Int) -> Int {
    (offset + count - 1) / 4096 - offset / 4096 + 1
  }

  static func names(_ pg: ShardPGID) -> [GHObject] {
    // The seed's bits below, so that it belongs there; all alike, so that any may be cloned to any.
    plainNames.map {
      GHObject(HObject(pool: pg.pool, hash: 0xabc0_0000 | pg.pgID.seed, name: $0))
    }
  }

  /// The PG's own object too, and, of a PG that can be split, what it has while it is not.
  static func allNames(_ pg: ShardPGID) -> [GHObject] {
    names(pg) + [.pgMeta(pg)] + (CrashRun.parents.contains(pg) ? names(CrashRun.child(of: pg)) : [])
  }

  private static let plainNames = (0..<objectsPerCollection).map { ByteString("object \($0)") }

  private mutating func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

  /// Blocks of few different contents, so that a write may find by chance what it would write.
  private mutating func bytes(_ count: Int, at offset: Int) -> [UInt8] {
    let letter = UInt8(1 + roll(3))
    if roll(8) > 0 { return Array(repeating: letter, count: count) }
    return Array(unsafeUninitializedCapacity: count) { bytes, initialized in
      for at in 0..<count {
        bytes[at] = UInt8(truncatingIfNeeded: (offset + at) / 512) &* letter | 1
      }
      initialized = count
    }
  }

  private mutating func range() -> (offset: Int, count: Int) {
    if isEmpty, roll(8) > 0 { return (4096 * roll(10), 4096 * (10 + roll(20))) }
    switch roll(10) {
    case 0..<5: return (4096 * roll(Self.blocksMax), 4096)
    case 5: return (4096 * roll(20), 4096 * (1 + roll(20)))
    case 6: return (roll(Self.blocksMax * 4096 - 2000), 1 + roll(2000))
    case 7: return (roll(60_000), 1 + roll(90_000))
    default: return (4096 * roll(Self.blocksMax - 1) + roll(4096), 1 + roll(600))
    }
  }

  mutating func step(_ t: inout Transaction, _ model: inout ModelPartition, _ pg: ShardPGID) {
    let id = CollectionID.pg(pg)
    let names = Self.names(pg)
    let object = names[roll(names.count)]
    let other = names[roll(names.count)]
    let kind =
      isEmpty && roll(12) > 0
      ? 0 : isFull && roll(3) > 0 ? [8, 9, 9, 18][roll(4)] : roll(20)
    switch kind {
    case 0..<7:
      guard let (offset, count) = fitting(range()) else {
        return setAttribute(object, id, &t, &model)
      }
      write(
        ModelWrite(object: object, offset: offset, bytes: bytes(count, at: offset)), id, &t, &model)
    case 7:
      let (offset, count) = range()
      t.zero(object, in: id, offset: UInt64(offset), length: UInt64(count))
      model.objects[object, default: ModelObject()].put(
        Array(repeating: 0, count: count), at: offset)
    case 8:
      let size = roll(2) == 0 ? 4096 * roll(Self.blocksMax) : roll(Self.blocksMax * 4096)
      t.truncate(object, in: id, size: UInt64(size))
      guard var was = model.objects[object] else { return }
      was.data =
        Array(was.data.prefix(size)) + Array(repeating: 0, count: max(0, size - was.data.count))
      model.objects[object] = was
    case 9:
      t.remove(object, in: id)
      model.objects[object] = nil
    case 10:
      guard object != other, let was = model.objects[object] else { return }
      t.clone(object, in: id, to: other)
      model.objects[other] = was
    case 11: cloneRange(object, other, id, &t, &model)
    case 12:
      guard model.objects[other] == nil else { return }
      t.tryRename(object, in: id, to: other)
      model.objects[other] = model.objects.removeValue(forKey: object)
    case 13, 14: setAttribute(object, id, &t, &model)
    default: omap(kind, object, id, &t, &model)
    }
  }

  private mutating func setAttribute(
    _ object: GHObject, _ id: CollectionID, _ t: inout Transaction, _ model: inout ModelPartition
  ) {
    guard model.objects[object] != nil else { return }
    let value = bytes(1 + roll(300), at: 0)
    let name = ByteString("attribute \(roll(3))")
    t.setAttributes(object, in: id, [NamedValue(name, ByteSlice(value))])
    model.objects[object]?.attributes[name] = value
  }

  private mutating func write(
    _ write: ModelWrite, _ id: CollectionID, _ t: inout Transaction, _ model: inout ModelPartition
  ) {
    t.write(
      write.object, in: id, offset: UInt64(write.offset), data: BufferList(write.bytes))
    model.objects[write.object, default: ModelObject()].put(write.bytes, at: write.offset)
    writes.append(write)
  }

  private mutating func cloneRange(
    _ object: GHObject, _ other: GHObject, _ id: CollectionID, _ t: inout Transaction,
    _ model: inout ModelPartition
  ) {
    guard object != other, let was = model.objects[object], was.data.count > 1 else { return }
    var offset = roll(was.data.count)
    var count = 1 + roll(was.data.count - offset)
    var target = roll(Self.blocksMax * 4096 - count + 1)
    if roll(2) == 0 {
      offset &= ~4095
      target &= ~4095
      count = min(count, was.data.count - offset)
    }
    // What cannot be shared is read and written.
    guard takeUnits(2 * Self.blocks(offset, count) + 2) else { return }
    t.cloneRange(
      object, in: id, offset: UInt64(offset), length: UInt64(count), to: other, at: UInt64(target))
    model.objects[other, default: ModelObject()].put(
      Array(was.data[offset..<offset + count]), at: target)
  }

  private mutating func omap(
    _ kind: Int, _ object: GHObject, _ id: CollectionID, _ t: inout Transaction,
    _ model: inout ModelPartition
  ) {
    guard model.objects[object] != nil else { return }
    switch kind {
    case 15, 16:
      var entries: [NamedValue] = []
      for _ in 0...roll(3) {
        let key = ByteString("key \(roll(12))")
        let value = bytes(1 + roll(40), at: 0)
        entries.append(NamedValue(key, ByteSlice(value)))
        model.objects[object]!.omap[key] = value
      }
      t.omapSet(object, in: id, entries)
    case 17:
      let key = ByteString("key \(roll(12))")
      t.omapRemove(object, in: id, [key])
      model.objects[object]!.omap[key] = nil
    case 18:
      let from = ByteString("key \(roll(9))")
      let to = ByteString("key \(roll(9))")
      t.omapRemoveRange(object, in: id, from: from, to: to)
      for key in model.objects[object]!.omap.keys where !(key < from) && key < to {
        model.objects[object]!.omap[key] = nil
      }
    default:
      if roll(2) == 0 {
        t.omapClear(object, in: id)
        model.objects[object]!.omap = [:]
        model.objects[object]!.header = []
      } else {
        let header = bytes(1 + roll(20), at: 0)
        t.omapSetHeader(object, in: id, ByteSlice(header))
        model.objects[object]!.header = header
      }
    }
  }

  /// The writes of a transaction that was lost, once more, with something that is new.
  mutating func resend(
    _ lost: [ModelWrite], _ t: inout Transaction, _ model: inout ModelPartition, _ pg: ShardPGID
  ) {
    for write in lost where takeUnits(Self.blocks(write.offset, write.bytes.count)) {
      self.write(write, .pg(pg), &t, &model)
      t.setAttributes(write.object, in: .pg(pg), [NamedValue("sent", "again")])
      model.objects[write.object]?.attributes["sent"] = Array("again".utf8)
    }
  }

  /// Removes a collection and all that is in it.
  static func remove(_ t: inout Transaction, _ model: inout ModelPartition, _ pg: ShardPGID) {
    let id = CollectionID.pg(pg)
    let mask = UInt32(1) << (model.collections[id] ?? 0) - 1
    for name in allNames(pg) where name.object.hash & mask == pg.pgID.seed {
      if model.objects.removeValue(forKey: name) != nil { t.remove(name, in: id) }
    }
    t.removeCollection(id)
    model.collections[id] = nil
  }

  static func create(
    _ t: inout Transaction, _ model: inout ModelPartition, _ pg: ShardPGID, bits: UInt32
  ) {
    t.createCollection(.pg(pg), bits: bits)
    model.collections[.pg(pg)] = bits
  }

  /// Makes the half of a PG's objects that have another bit in their hashes a PG of its own.
  static func split(
    _ t: inout Transaction, _ model: inout ModelPartition, _ pg: ShardPGID, into child: ShardPGID,
    bits: UInt32
  ) {
    create(&t, &model, child, bits: bits)
    t.splitCollection(.pg(pg), bits: bits, remainder: child.pgID.seed, into: .pg(child))
    model.collections[.pg(pg)] = bits
  }

  /// Brings a child's objects back to its parent.
  static func merge(
    _ t: inout Transaction, _ model: inout ModelPartition, _ child: ShardPGID, into pg: ShardPGID,
    bits: UInt32
  ) {
    let meta = GHObject.pgMeta(child)
    if model.objects.removeValue(forKey: meta) != nil { t.remove(meta, in: .pg(child)) }
    t.mergeCollection(.pg(child), into: .pg(pg), bits: bits)
    model.collections[.pg(child)] = nil
    model.collections[.pg(pg)] = bits
  }

  /// Says in the collection's own object how many transactions its partition has had, and keeps a short
  /// log there, as a PG does.
  static func sign(_ t: inout Transaction, _ model: inout ModelPartition, _ pg: ShardPGID) {
    model.count += 1
    let meta = GHObject.pgMeta(pg)
    let id = CollectionID.pg(pg)
    let number = String(countBase + model.count)
    var object = model.objects[meta] ?? ModelObject()
    let entry = NamedValue(ByteString("log \(number)"), number)
    t.touch(meta, in: id)
    t.omapSet(meta, in: id, [NamedValue("count", number), entry])
    object.omap["count"] = Array(number.utf8)
    object.omap[entry.name] = Array(number.utf8)
    let logged = object.omap.keys.filter { $0.hasPrefix("log ") }.sorted()
    if logged.count > 6 {
      let trimmed = Array(logged.prefix(logged.count - 4))
      t.omapRemove(meta, in: id, trimmed)
      for key in trimmed { object.omap[key] = nil }
    }
    model.objects[meta] = object
  }
}
