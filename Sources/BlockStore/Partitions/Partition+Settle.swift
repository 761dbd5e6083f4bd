import Base
import Buffers

/// Rewrites blocks that have patches, so that small writes do not stay in the index for good.
extension Partition {
  private static let settledAtOnce = 32

  func settleSoon() {
    guard !isResting, !isSettleScheduled, !patched.isEmpty else { return }
    isSettleScheduled = true
    reactor.schedule(after: .milliseconds(1)) { [weak self] in self?.settle() }
  }

  private func settle() {
    guard isSettleScheduled else { return }
    isSettleScheduled = false
    guard !isResting else { return }
    // What is left of a full log is for others.
    guard !host.hasFailed, log.usedBytes * 100 < log.place.bytes * 80 else { return }
    for _ in 0..<min(Self.settledAtOnce, patched.count) {
      guard let next = patched.popFirst() else { break }
      settle(next.key, next.block)
    }
    if patched.count > host.options.patchesMax / 2 { settleSoon() }
  }

  private func settle(_ key: ByteString, _ block: UInt32) {
    // One that has left memory comes back with its patches.
    guard onodes.contains(key), let onode = onodes.find(key), onode.patches[block] != nil else {
      return
    }
    let before = place(onode, Int(block))
    if before.isHole { return rewrite(onode, block, nil) }
    readUnit(before) { [self] result in
      guard case .success(let content) = result, onodes.contains(key),
        onodes.find(key) === onode, onode.patches[block] != nil,
        place(onode, Int(block)) == before
      else { return }
      rewrite(onode, block, content)
    }
  }

  private func rewrite(_ onode: Onode, _ block: UInt32, _ below: ByteSlice?) {
    let now = place(onode, Int(block))
    if now.isShared, references[ReferenceGroup.group(of: now.unit)] == nil { return }
    guard !host.hasFailed, !isResting, waiting.isEmpty,
      log.hasRoom(for: rewriteBytesMax(onode, block)), space.reserve(1)
    else { return }
    let slab = reactor.pool.slab(capacity: Limits.unitBytes)
    if let below {
      slab.base.copyMemory(from: below.start, byteCount: Limits.unitBytes)
    } else {
      slab.base.initializeMemory(as: UInt8.self, repeating: 0, count: Limits.unitBytes)
    }
    onode.patches[block]!.apply(to: slab.base)
    let context = makeContext(reactor.now)
    touch(onode, context)
    map(onode, Int(block), BufferList(ByteSlice(slab, count: Limits.unitBytes)), context)
    finish(context)
    applied(context)
  }
}
