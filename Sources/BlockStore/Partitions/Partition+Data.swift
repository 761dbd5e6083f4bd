import Base
import Buffers
import Glibc
import ObjectStores

/// Writing and unmapping blocks. Nothing is overwritten in place.
extension Partition {
  private static var unit: Int { Limits.unitBytes }

  func write(
    _ onode: Onode, _ offset: UInt64, _ data: BufferList, _ context: TransContext
  ) throws(StoreError) {
    guard data.count > 0 else { return }
    let (end, overflows) = offset.addingReportingOverflow(UInt64(data.count))
    guard !overflows, end <= Limits.objectBytesMax else {
      throw StoreError(E2BIG, "queue", "write of \(data.count) at \(offset)")
    }
    var content = BufferList()
    var firstBlock = Int(offset) / Self.unit
    var taken = 0
    let headStart = Int(offset) % Self.unit
    if headStart != 0 || data.count < Self.unit {
      taken = min(data.count, Self.unit - headStart)
      if let whole = compose(onode, firstBlock, headStart, data.sub(0, taken), context) {
        content.append(whole)
      } else {
        firstBlock += 1
      }
    }
    let middle = (data.count - taken) / Self.unit * Self.unit
    if middle > 0 {
      content.append(aligned(data.part(taken, middle)))
      taken += middle
    }
    if taken < data.count {
      let block = Int(end - 1) / Self.unit
      if let whole = compose(onode, block, 0, data.sub(taken, data.count - taken), context) {
        content.append(whole)
      }
    }
    if content.count > 0 { map(onode, firstBlock, content, context) }
    onode.record.size = max(onode.record.size, end)
  }

  /// The same bytes in memory that the device takes.
  private func aligned(_ list: BufferList) -> BufferList {
    let fits = list.single.map(Self.isAligned) ?? list.slices.allSatisfy(Self.isAligned)
    if fits { return list }
    let slab = reactor.pool.slab(capacity: list.count)
    list.copy(to: slab.base)
    return BufferList(ByteSlice(slab, count: list.count))
  }

  private static func isAligned(_ slice: ByteSlice) -> Bool {
    slice.count % unit == 0 && UInt(bitPattern: slice.start) % UInt(unit) == 0
  }

  /// A block's whole new content when `piece` is laid into it, if that can be told without reading the
  /// device; else lays a patch over it and returns nil.
  private func compose(
    _ onode: Onode, _ block: Int, _ start: Int, _ piece: BufferList, _ context: TransContext
  ) -> ByteSlice? {
    let place = place(onode, block)
    let valid = Int(
      min(UInt64(Self.unit), onode.record.size - min(onode.record.size, UInt64(block * Self.unit))))
    let coversValid = start == 0 && piece.count >= valid
    let below = place.isHole || coversValid ? nil : known(place.unit, context)
    guard place.isHole || coversValid || below != nil else {
      lay(Patch.Piece(start: start, count: piece.count, bytes: piece.array), onode, block, context)
      return nil
    }
    let slab = reactor.pool.slab(capacity: Self.unit)
    if let below {
      slab.base.copyMemory(from: below.start, byteCount: Self.unit)
    } else {
      slab.base.initializeMemory(as: UInt8.self, repeating: 0, count: Self.unit)
    }
    if place.isPatched, !coversValid { onode.patches[UInt32(block)]?.apply(to: slab.base) }
    piece.copy(to: slab.base + start)
    return ByteSlice(slab, count: Self.unit)
  }

  private func known(_ unit: UInt64, _ context: TransContext) -> ByteSlice? {
    context.contents?[unit] ?? contentInMemory(unit)
  }

  private func lay(_ piece: Patch.Piece, _ onode: Onode, _ block: Int, _ context: TransContext) {
    var patch = onode.patches[UInt32(block)] ?? Patch()
    if patch.isEmpty {
      let number = block / Segment.blocks
      decodeOwn(segment, onode.segment(number))
      if segment[block % Segment.blocks].isNothing { onode.mappedBlocks += 1 }
      segment[block % Segment.blocks].isPatched = true
      storeSegment(onode, number, context)
      patched.append((onode.key, UInt32(block)))
    }
    host.perf.add(StoreCounter.deferredWrites)
    host.perf.add(StoreCounter.deferredBytes, UInt64(piece.count))
    patch.lay(piece)
    onode.changePatch(UInt32(block), patch)
    if patched.count > host.options.patchesMax { settleSoon() }
  }

  func storeSegment(_ onode: Onode, _ number: Int, _ context: TransContext) {
    touch(onode, context)
    onode.changeSegment(number, segment.encode(encoder))
  }

  // MARK: Mapping

  /// Writes whole blocks to new units and maps them at `firstBlock`.
  func map(_ onode: Onode, _ firstBlock: Int, _ content: BufferList, _ context: TransContext) {
    let count = content.count / Self.unit
    runs.clear()
    space.allocate(count, into: &runs)
    changeUsage(onode.pool) { $0.allocatedUnits &+= UInt64(count) }
    checksum(content, isCached: isWorthCaching(content, over: place(onode, firstBlock)), context)
    var at = 0
    for run in runs {
      let check = newSums.withUnsafeBytes {
        CRC32C.checksum(
          UnsafeRawBufferPointer(rebasing: $0[4 * at..<4 * (at + run.count)]), seed: .max)
      }
      context.allocated(run, check: check)
      submit(content.part(at * Self.unit, run.count * Self.unit), run.unit, context)
      at += run.count
    }
    place(onode, firstBlock, count, context)
  }

  /// What is overwritten at random must not drive out what is read: it takes the place in memory of what
  /// was there before, or one that nobody has. What is new is often read soon, or appended to.
  private func isWorthCaching(_ content: BufferList, over old: BlockPlace) -> Bool {
    guard data.isEnabled, content.count <= host.options.cachedWriteBytesMax else { return false }
    return old.isHole || data.hasRoom || data.contains(old.unit)
  }

  /// Fills `newUnits` and `newSums` for the blocks in `runs`.
  private func checksum(_ content: BufferList, isCached: Bool, _ context: TransContext) {
    newUnits.clear()
    newSums.clear()
    for run in runs { newUnits.append(contentsOf: run.unit..<run.unit + UInt64(run.count)) }
    for slice in content.slices {
      for offset in stride(from: 0, to: slice.count, by: Self.unit) {
        let bytes = UnsafeRawBufferPointer(start: slice.start + offset, count: Self.unit)
        if context.contents != nil {
          context.contents?[newUnits[newSums.count]] = slice.sub(offset, Self.unit)
        }
        newSums.append(slice.blockSum(at: offset) ?? CRC32C.checksum(bytes, seed: .max))
      }
    }
    if isCached { cacheNew(content) } else { for unit in newUnits { data.forget(unit) } }
  }

  /// Keeps the content of `runs`.
  private func cacheNew(_ content: BufferList) {
    var at = 0
    for run in runs {
      let bytes = content.part(at * Self.unit, run.count * Self.unit)
      data.insertRun(run.unit, bytes, sums: newSums[at..<at + run.count])
      at += run.count
    }
  }

  /// One write each MiB, so that the pieces stay below what a vectored write takes.
  private func submit(_ bytes: BufferList, _ unit: UInt64, _ context: TransContext) {
    let most = 1 << 20
    if bytes.count <= most { return writeData(bytes, unit: unit, for: context) }
    for at in stride(from: 0, to: bytes.count, by: most) {
      let part = bytes.sub(at, min(most, bytes.count - at))
      writeData(part, unit: unit + UInt64(at / Self.unit), for: context)
    }
  }

  private func place(_ onode: Onode, _ firstBlock: Int, _ count: Int, _ context: TransContext) {
    var block = firstBlock
    while block < firstBlock + count {
      let number = block / Segment.blocks
      decodeOwn(segment, onode.segment(number))
      let end = min(firstBlock + count, (number + 1) * Segment.blocks)
      while block < end {
        let index = block % Segment.blocks
        dropBlock(onode, block, segment[index], context)
        segment[index] = BlockPlace(
          unit: newUnits[block - firstBlock], checksum: newSums[block - firstBlock])
        onode.mappedBlocks += 1
        block += 1
      }
      storeSegment(onode, number, context)
    }
  }

  /// What was at a block is no longer the object's; the caller puts something else into the segment.
  func dropBlock(_ onode: Onode, _ block: Int, _ place: BlockPlace, _ context: TransContext) {
    if place.isNothing { return }
    onode.mappedBlocks -= 1
    if place.isPatched {
      onode.changePatch(UInt32(block), nil)
    }
    if !place.isHole { release(place, onode.pool, context) }
  }

  func release(_ place: BlockPlace, _ pool: Int64, _ context: TransContext) {
    if place.isShared {
      let group = ReferenceGroup.group(of: place.unit)
      if counts(group).owners(of: place.unit) > 1 {
        references[group]!.remove(place.unit)
        changedGroups.insert(group)
        return
      }
    }
    changeUsage(pool) { $0.allocatedUnits &-= 1 }
    data.forget(place.unit)
    log.deferred.drop(place.unit)
    if let last = freeing, last.unit + UInt64(last.count) == place.unit {
      freeing = UnitRun(unit: last.unit, count: last.count + 1)
    } else {
      endFree(context)
      freeing = UnitRun(unit: place.unit, count: 1)
    }
  }

  /// Hands over the run that is being gathered.
  func endFree(_ context: TransContext) {
    guard let run = freeing else { return }
    freeing = nil
    context.freed(run)
    if host.options.mutants.contains(.reuseAtOnce) {
      space.free(run, sequence: 0, read: 0)
      space.release(marked: 0, oldestRead: 0)
    } else {
      space.free(run, sequence: context.sequence, read: dataReads.next)
      log.didFree(self)
    }
  }

  // MARK: Holes

  func zero(
    _ onode: Onode, _ offset: UInt64, _ length: UInt64, _ context: TransContext
  ) throws(StoreError) {
    guard length > 0 else { return }
    let (end, overflows) = offset.addingReportingOverflow(length)
    guard !overflows, end <= Limits.objectBytesMax else {
      throw StoreError(E2BIG, "queue", "zero of \(length) at \(offset)")
    }
    let unit = UInt64(Self.unit)
    let mappedEnd = min(end, (onode.record.size + unit - 1) / unit * unit)
    if offset < mappedEnd { clear(onode, Int(offset), Int(mappedEnd), context) }
    onode.record.size = max(onode.record.size, end)
  }

  /// Makes bytes read as zeros.
  private func clear(_ onode: Onode, _ from: Int, _ to: Int, _ context: TransContext) {
    let firstWhole = (from + Self.unit - 1) / Self.unit
    let endWhole = to / Self.unit
    if firstWhole > endWhole { return clearPart(onode, from, to, context) }
    if from < firstWhole * Self.unit { clearPart(onode, from, firstWhole * Self.unit, context) }
    unmap(onode, from: firstWhole, to: endWhole, context)
    if endWhole * Self.unit < to { clearPart(onode, endWhole * Self.unit, to, context) }
  }

  private func clearPart(_ onode: Onode, _ from: Int, _ to: Int, _ context: TransContext) {
    let block = from / Self.unit
    if place(onode, block).isNothing { return }
    let start = from % Self.unit
    lay(Patch.Piece(start: start, count: to - from, bytes: nil), onode, block, context)
  }

  func truncate(_ onode: Onode, _ size: UInt64, _ context: TransContext) throws(StoreError) {
    guard size <= Limits.objectBytesMax else {
      throw StoreError(E2BIG, "queue", "truncate to \(size)")
    }
    touch(onode, context)
    if size < onode.record.size {
      let firstGone = (Int(size) + Self.unit - 1) / Self.unit
      unmap(onode, from: firstGone, context)
      // Bytes past the end of an object read as zeros, should it grow again.
      if Int(size) % Self.unit != 0 { clearPart(onode, Int(size), firstGone * Self.unit, context) }
    }
    onode.record.size = size
  }

  func unmap(_ onode: Onode, from: Int, to: Int = .max, _ context: TransContext) {
    var number = from / Segment.blocks
    while number < onode.segments.count, number * Segment.blocks < to {
      defer { number += 1 }
      if onode.segment(number).isEmpty { continue }
      decodeOwn(segment, onode.segment(number))
      let base = number * Segment.blocks
      var changed = false
      for index in max(from - base, 0)..<min(Segment.blocks, to - base)
      where !segment[index].isNothing {
        dropBlock(onode, base + index, segment[index], context)
        segment[index] = .hole
        changed = true
      }
      if changed { storeSegment(onode, number, context) }
    }
  }
}

extension BufferList {
  /// As `sub`; itself if that is all of it.
  @inline(__always)
  func part(_ from: Int, _ count: Int) -> BufferList {
    count == self.count ? self : sub(from, count)
  }
}
