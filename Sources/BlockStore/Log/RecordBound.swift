import Base
import Buffers
import ObjectStores

/// How much of a record a transaction may take, told before it is applied: never less than it does.
///
/// Follows the operations over what each object may have become by then. Costs are bytes of `LogChange`s
/// at their longest; what is put once at a transaction's end is counted once.
struct RecordBound {
  /// The most that an object may have, and what of that may have to be put.
  private struct Shape {
    var keyBytes = 0
    var attributeBytes = 0
    var blocks = 0
    /// That are not all holes, and where the last of them ends.
    var segments = 0
    var reach = 0
    var changedSegments = 0
    var patches = 0
    var patchBytes = 0
    var omapBytes = 0
    var isShared = false
    /// Its first segment goes with the record, or is about to get a key of its own.
    var isFirstInside = true
    /// It is, or may be, what another one was.
    var isCopy = false

    /// It may get the name of what another one is.
    mutating func join(_ other: Shape) {
      attributeBytes += other.attributeBytes
      blocks += other.blocks
      segments += other.segments
      reach = max(reach, other.reach)
      changedSegments += other.changedSegments
      patches += other.patches
      patchBytes += other.patchBytes
      omapBytes += other.omapBytes
      isShared = isShared || other.isShared
      isFirstInside = isFirstInside || other.isFirstInside
      isCopy = true
    }
  }

  private var shapes: [Shape] = []
  private(set) var bytes = 0
  /// Owners that units may get or lose.
  private var ownerChanges = 0
  /// Units that may be among those.
  private var units = 0

  private static let segmentBytes = 32 + 14 * Segment.blocks
  private static let deletionBytes = 20
  private static let allocationBytes = 19
  private static let freeBytes = 13
  /// A group of counts below 16384.
  private static let groupBytes = 82
  /// A patch but for its pieces, and a piece but for its bytes.
  private static let patchBytes = 32
  private static let pieceBytes = 10
  /// A record without attributes, with its pool's usage.
  private static let recordBytes = 144
  private static let attributeBytes = 16
  private static let omapBytes = 32

  // MARK: Objects

  mutating func begin(_ onodes: [Onode?]) {
    bytes = 0
    ownerChanges = 0
    units = 0
    shapes.clear()
    let onodes = onodes.span
    for index in onodes.indices {
      shapes.append(onodes[index].map(Self.shape) ?? Shape())
      units += shapes[index].blocks
    }
  }

  private static func shape(_ onode: Onode) -> Shape {
    var shape = Shape()
    shape.keyBytes = onode.key.count
    shape.attributeBytes =
      onode.record.attributeBytes + attributeBytes * onode.record.attributes.count
    shape.blocks = onode.mappedBlocks
    shape.segments = min(onode.segments.count, onode.mappedBlocks)
    shape.reach = onode.segments.count
    shape.patches = onode.patches.count
    if !onode.patches.isEmpty {
      for patch in onode.patches.values { shape.patchBytes += size(patch) }
    }
    shape.isShared = onode.mayBeShared
    shape.isFirstInside = onode.isFirstInside
    return shape
  }

  private static func size(_ value: NamedValue) -> Int {
    value.name.count + value.value.count + attributeBytes
  }

  static func size(_ patch: Patch) -> Int {
    patch.pieces.reduce(patchBytes) { $0 + pieceBytes + ($1.bytes?.count ?? 0) }
  }

  /// What is put at the end.
  mutating func end() {
    for shape in shapes where shape.keyBytes > 0 {
      bytes += shape.keyBytes + shape.attributeBytes + Self.recordBytes
      bytes += min(shape.changedSegments, shape.segments) * Self.segmentBytes
      if shape.isFirstInside { bytes += Self.segmentBytes }
    }
    bytes += min(ownerChanges, units) * Self.groupBytes
  }

  // MARK: Operations

  /// `laid`: bytes that may be laid over the range's first and last block, `below`: what was there.
  mutating func write(_ slot: Int, blocks: Int, end: UInt64, laid: Int, below: Int) {
    bytes += blocks * Self.allocationBytes
    units += blocks
    change(slot, blocks: blocks)
    grow(slot, blocks, end)
    if laid > 0 { patch(slot, blocks: 2, pieces: 2, laid, below: below) }
  }

  private mutating func grow(_ slot: Int, _ blocks: Int, _ end: UInt64) {
    let reach = max(shapes[slot].reach, Int(end) / (Segment.blocks * Limits.unitBytes) + 1)
    shapes[slot].reach = reach
    shapes[slot].segments = min(shapes[slot].segments + blocks / Segment.blocks + 2, reach)
    shapes[slot].blocks = min(
      shapes[slot].blocks + blocks, shapes[slot].segments * Segment.blocks)
  }

  /// Blocks that become holes or something else.
  private mutating func change(_ slot: Int, blocks: Int) {
    shapes[slot].changedSegments += blocks / Segment.blocks + 2
    drop(slot, blocks: min(blocks, shapes[slot].blocks))
  }

  private mutating func drop(_ slot: Int, blocks: Int) {
    bytes += blocks * Self.freeBytes + min(blocks, shapes[slot].patches) * Self.deletionBytes
    if shapes[slot].isShared { ownerChanges += blocks }
  }

  /// A patch is put whole, with what was laid before.
  private mutating func patch(
    _ slot: Int, blocks: Int, pieces: Int, _ count: Int, below: Int
  ) {
    let added = count + blocks * Self.patchBytes + pieces * Self.pieceBytes
    bytes += added + (shapes[slot].isCopy ? shapes[slot].patchBytes : below)
    shapes[slot].patches += blocks
    shapes[slot].patchBytes += added
  }

  /// Parts of two blocks are cleared, and all between.
  mutating func zero(_ slot: Int, blocks: Int, below: Int) {
    change(slot, blocks: min(blocks, shapes[slot].segments * Segment.blocks))
    patch(slot, blocks: 2, pieces: 2, 0, below: below)
  }

  /// All that it has goes.
  mutating func remove(_ slot: Int) {
    let shape = shapes[slot]
    drop(slot, blocks: shape.blocks)
    // A key for each segment, and for all of the omap.
    bytes += (shape.segments + 3) * Self.deletionBytes
    shapes[slot] = Shape()
    shapes[slot].keyBytes = shape.keyBytes
  }

  /// `omapBytes`: of the entries that were there before.
  mutating func clone(_ slot: Int, to target: Int, omapBytes: Int) {
    remove(target)
    ownerChanges += shapes[slot].blocks
    shapes[slot].isShared = true
    shapes[slot].changedSegments = shapes[slot].segments
    shapes[target].join(shapes[slot])
    shapes[target].omapBytes += omapBytes
    bytes += shapes[target].omapBytes + shapes[target].patchBytes
  }

  /// `parts`: blocks of which some bytes are copied rather than shared; they may be written twice, and
  /// zeros be laid over what is there, `below`. `copied`: the source's patches.
  mutating func cloneRange(
    _ slot: Int, to target: Int, blocks: Int, parts: Int, end: UInt64, below: Int, copied: Int
  ) {
    ownerChanges += blocks
    units += 2 * parts
    bytes += 2 * parts * (Self.allocationBytes + Self.freeBytes)
    shapes[slot].isShared = true
    shapes[slot].changedSegments += blocks / Segment.blocks + 2
    shapes[target].isShared = true
    change(target, blocks: blocks)
    grow(target, blocks, end)
    let copied = shapes[slot].isCopy ? shapes[slot].patchBytes : copied
    patch(target, blocks: parts, pieces: 2 * parts, copied, below: below)
    shapes[target].patches += min(blocks, shapes[slot].patches)
  }

  mutating func rename(_ slot: Int, to target: Int) { shapes[target].join(shapes[slot]) }

  mutating func setAttributes(_ slot: Int, _ values: [NamedValue]) {
    for index in values.indices { shapes[slot].attributeBytes += Self.size(values[index]) }
  }

  mutating func omapSet(_ slot: Int, _ bytes: Int, entries: Int) {
    let added = bytes + entries * Self.omapBytes
    self.bytes += added
    shapes[slot].omapBytes += added
  }

  /// Something small.
  mutating func add(_ bytes: Int, entries: Int = 1) {
    self.bytes += bytes + entries * Self.omapBytes
  }
}

extension Partition {
  /// Never less than what `apply` will put into the transaction's record. Its onodes are resolved, and
  /// what it copies is loaded.
  func recordBytesMax(_ entry: WaitingTransaction) -> Int {
    recordBound.begin(resolved)
    let transaction = entry.transaction
    let operations = transaction.operations.span
    for index in operations.indices { bound(operations, index, entry) }
    recordBound.end()
    return LogRecordHead.bytes + LogChange.headBytes + recordBound.bytes
  }

  private func bound(
    _ operations: Span<Transaction.Operation>, _ index: Int, _ entry: WaitingTransaction
  ) {
    let collection = entry.transaction.collections[Int(operations[index].collection)]
    guard operations[index].namesObject else { return recordBound.add(0, entries: 2) }
    let slot = slot(operations[index].object, collection)
    func other(_ place: UInt32) -> Int { self.slot(place, collection) }
    switch operations[index].action {
    case .write(let offset, let data):
      let end = offset &+ UInt64(data.count)
      guard end <= Limits.objectBytesMax else { return }
      let laid = Self.partBytes(offset, data.count)
      recordBound.write(
        slot, blocks: Self.blocksTouched(offset, UInt64(data.count)), end: end, laid: laid,
        below: laid == 0 ? 0 : patchBytes(resolved[slot], offset, end))
    case .zero(let offset, let length):
      recordBound.zero(
        slot, blocks: Self.blocksAtMost(length),
        below: patchBytes(resolved[slot], offset, offset &+ length))
    case .truncate(let size):
      recordBound.zero(slot, blocks: .max, below: patchBytes(resolved[slot], size, size))
    case .remove: recordBound.remove(slot)
    case .setAttribute(let value): recordBound.setAttributes(slot, [value])
    case .setAttributes(let values): recordBound.setAttributes(slot, values)
    case .clone(let to):
      recordBound.clone(slot, to: other(to), omapBytes: omapBytes(resolved[slot], entry))
    case .cloneRange(let to, let offset, let length, let destination):
      let end = destination &+ length
      guard end <= Limits.objectBytesMax, end >= destination, offset &+ length >= offset else {
        return
      }
      let parts = Self.copiedParts(offset, length, destination)
      recordBound.cloneRange(
        slot, to: other(to), blocks: Self.blocksAtMost(length),
        parts: parts.reduce(0) { $0 + Self.blocksAtMost($1.length) }, end: end,
        below: parts.isEmpty ? 0 : patchBytes(resolved[other(to)], within: destination..<end),
        copied: patchBytes(resolved[slot], within: offset..<offset &+ length))
    case .moveRename(let into, let to):
      recordBound.rename(slot, to: self.slot(to, entry.transaction.collections[Int(into)]))
    case .tryRename(let to): recordBound.rename(slot, to: other(to))
    case .omapSet(let entries):
      recordBound.omapSet(
        slot, entries.reduce(0) { $0 + $1.name.count + $1.value.count }, entries: entries.count)
    case .omapSetHeader(let header): recordBound.omapSet(slot, header.count, entries: 1)
    case .omapRemove(let keys):
      recordBound.add(keys.reduce(0) { $0 + $1.count }, entries: keys.count)
    case .omapRemoveRange(let from, let to): recordBound.add(from.count + to.count, entries: 2)
    default: recordBound.add(0)
    }
  }

  /// The same for a block that is rewritten with its patch.
  func rewriteBytesMax(_ onode: Onode, _ block: UInt32) -> Int {
    recordBound.begin([onode])
    recordBound.write(
      0, blocks: 1, end: (UInt64(block) + 1) * UInt64(Limits.unitBytes), laid: 0, below: 0)
    recordBound.end()
    return LogRecordHead.bytes + LogChange.headBytes + recordBound.bytes
  }

  /// Of the patches in the blocks of these bytes.
  private func patchBytes(_ onode: Onode?, _ first: UInt64, _ second: UInt64) -> Int {
    guard let onode, !onode.patches.isEmpty else { return 0 }
    let unit = UInt64(Limits.unitBytes)
    let blocks = (UInt32(clamping: first / unit), UInt32(clamping: second / unit))
    let size = onode.patches[blocks.0].map(RecordBound.size) ?? 0
    guard blocks.0 != blocks.1 else { return size }
    return size + (onode.patches[blocks.1].map(RecordBound.size) ?? 0)
  }

  private func patchBytes(_ onode: Onode?, within range: Range<UInt64>) -> Int {
    guard let onode, !onode.patches.isEmpty else { return 0 }
    let unit = UInt64(Limits.unitBytes)
    let blocks = range.lowerBound / unit...range.upperBound / unit
    return onode.patches.reduce(0) {
      blocks.contains(UInt64($1.key)) ? $0 + RecordBound.size($1.value) : $0
    }
  }

  /// Wherever they begin.
  private static func blocksAtMost(_ length: UInt64) -> Int {
    Int(clamping: min(length, Limits.objectBytesMax) / UInt64(Limits.unitBytes)) + 2
  }

  /// Bytes at the ends of a range that do not fill their blocks.
  private static func partBytes(_ offset: UInt64, _ count: Int) -> Int {
    let unit = Limits.unitBytes
    let head = (unit - Int(offset % UInt64(unit))) % unit
    return head >= count ? (count == unit ? 0 : count) : head + (count - head) % unit
  }

  /// What a copy of the object's omap puts into the record, of what was there before the transaction.
  private func omapBytes(_ onode: Onode?, _ entry: WaitingTransaction) -> Int {
    guard let omap = onode?.record.omap, omap != 0 else { return 0 }
    let above = overlay.entries(
      from: StoreKey.prefix(StoreKey.Kind.omap, omap), to: StoreKey.omapEnd(omap), max: .max)
    return merge(entry.brought?.omaps[omap] ?? [], above.entries).reduce(0) {
      $0 + $1.key.count + $1.value.count + 8
    }
  }
}
