import Base
import Buffers
import Glibc
import ObjectStores

/// Copies that share blocks; what is not a whole block is copied byte by byte.
extension Partition {
  func clone(
    _ source: Onode, to copy: Onode, _ entry: WaitingTransaction, _ context: TransContext
  ) {
    if source === copy { return }
    if copy.exists { remove(copy, context) }
    make(copy, context)
    touch(source, context)
    for number in source.segments.indices where !source.segments[number].isEmpty {
      shareSegment(source, number, with: copy, context)
    }
    copy.mappedBlocks = source.mappedBlocks
    copy.record.size = source.record.size
    copy.record.attributes = source.record.attributes
    copy.record.hintFlags = source.record.hintFlags
    copy.record.hintObjectBytes = source.record.hintObjectBytes
    copy.record.hintWriteBytes = source.record.hintWriteBytes
    copyOmap(source, to: copy, entry, context)
  }

  private func shareSegment(
    _ source: Onode, _ number: Int, with copy: Onode, _ context: TransContext
  ) {
    decodeOwn(segment, source.segment(number))
    for index in 0..<Segment.blocks where !segment[index].isNothing {
      share(source, number * Segment.blocks + index, with: copy, &segment[index])
    }
    storeSegment(source, number, context)
    storeSegment(copy, number, context)
    for block in UInt32(number * Segment.blocks)..<UInt32((number + 1) * Segment.blocks) {
      copyPatch(source, block, to: copy, block, context)
    }
  }

  /// One owner more for what is at the block.
  private func share(_ source: Onode, _ block: Int, with copy: Onode, _ place: inout BlockPlace) {
    guard !place.isHole else { return }
    let group = ReferenceGroup.group(of: place.unit)
    _ = counts(group)
    references[group]!.add(place.unit)
    changedGroups.insert(group)
    place.isShared = true
    source.mayBeShared = true
    copy.mayBeShared = true
  }

  private func copyPatch(
    _ source: Onode, _ block: UInt32, to copy: Onode, _ target: UInt32, _ context: TransContext
  ) {
    guard !source.patches.isEmpty, let patch = source.patches[block] else { return }
    copy.changePatch(target, patch)
    patched.append((copy.key, target))
  }

  // MARK: Ranges

  func cloneRange(
    _ source: Onode, _ offset: UInt64, _ length: UInt64, to copy: Onode, at destination: UInt64,
    _ context: TransContext
  ) throws(StoreError) {
    let (end, overflows) = offset.addingReportingOverflow(length)
    let (copyEnd, copyOverflows) = destination.addingReportingOverflow(length)
    guard !overflows, end <= source.record.size else {
      throw StoreError(
        EINVAL, "queue", "clone of \(offset)+\(length) of \(source.record.size) bytes")
    }
    guard !copyOverflows, copyEnd <= Limits.objectBytesMax else {
      throw StoreError(E2BIG, "queue", "clone of \(length) at \(destination)")
    }
    if length == 0 || source === copy && offset == destination { return }
    touch(source, context)
    let parts = Self.copiedParts(offset, length, destination)
    for part in parts {
      try copyPart(
        source, part.offset, part.length, to: copy, destination + part.offset - offset, context)
    }
    if parts.first.map({ $0.length < length }) ?? true {
      shareWhole(source, offset, end, to: copy, destination, context)
    }
    copy.record.size = max(copy.record.size, copyEnd)
  }

  /// Shares the whole blocks of the range.
  private func shareWhole(
    _ source: Onode, _ offset: UInt64, _ end: UInt64, to copy: Onode, _ destination: UInt64,
    _ context: TransContext
  ) {
    let unit = Limits.unitBytes
    let first = (Int(offset) + unit - 1) / unit
    // Of equal remainders; so blocks go to blocks.
    let shift = (Int(destination) - Int(offset)) / unit
    for block in first..<Int(end) / unit {
      shareBlock(source, block, to: copy, block + shift, context)
    }
  }

  private func shareBlock(
    _ source: Onode, _ block: Int, to copy: Onode, _ target: Int, _ context: TransContext
  ) {
    decodeOwn(segment, source.segment(block / Segment.blocks))
    var place = segment[block % Segment.blocks]
    if !place.isHole, !place.isShared {
      segment[block % Segment.blocks].isShared = true
      storeSegment(source, block / Segment.blocks, context)
    }
    if !place.isHole { share(source, block, with: copy, &place) }
    decodeOwn(segment, copy.segment(target / Segment.blocks))
    let old = segment[target % Segment.blocks]
    if old.isNothing, place.isNothing { return }
    dropBlock(copy, target, old, context)
    segment[target % Segment.blocks] = place
    if !place.isNothing { copy.mappedBlocks += 1 }
    storeSegment(copy, target / Segment.blocks, context)
    copyPatch(source, UInt32(block), to: copy, UInt32(target), context)
  }

  /// Copies bytes: runs of source blocks that are not holes in one write each.
  private func copyPart(
    _ source: Onode, _ offset: UInt64, _ length: UInt64, to copy: Onode, _ destination: UInt64,
    _ context: TransContext
  ) throws(StoreError) {
    let unit = UInt64(Limits.unitBytes)
    var at = offset
    var run = BufferList()
    while at < offset + length {
      let count = min(unit - at % unit, offset + length - at)
      let block = Int(at / unit)
      let target = destination + at - offset
      if place(source, block).isNothing {
        try write(copy, target - UInt64(run.count), run, context)
        run = BufferList()
        try zero(copy, target, count, context)
      } else {
        run.append(try content(source, block, context).sub(Int(at % unit), Int(count)))
      }
      at += count
    }
    try write(copy, destination + length - UInt64(run.count), run, context)
  }

  /// A block as it reads; what the device has of it was brought by `prepare`.
  private func content(
    _ onode: Onode, _ block: Int, _ context: TransContext
  ) throws(StoreError) -> ByteSlice {
    let place = place(onode, block)
    let slab = reactor.pool.slab(capacity: Limits.unitBytes)
    if place.isHole {
      slab.base.initializeMemory(as: UInt8.self, repeating: 0, count: Limits.unitBytes)
    } else {
      guard let below = context.contents?[place.unit] ?? contentInMemory(place.unit) else {
        throw StoreError(EIO, "queue", "unit \(place.unit) to be copied was not read")
      }
      slab.base.copyMemory(from: below.start, byteCount: Limits.unitBytes)
    }
    if place.isPatched { onode.patches[UInt32(block)]?.apply(to: slab.base) }
    return ByteSlice(slab, count: Limits.unitBytes)
  }
}
