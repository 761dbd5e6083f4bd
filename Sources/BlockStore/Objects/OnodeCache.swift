import Base
import Buffers

/// A partition's onodes by key, the least used of which leave when there are too many.
final class OnodeCache {
  private var onodes: [ByteString: Onode] = [:]
  private var newest: Onode?
  private var oldest: Onode?
  private(set) var bytes = 0
  var bytesMax: Int

  private let perf: PerfCounters

  init(bytesMax: Int, perf: PerfCounters) {
    self.bytesMax = bytesMax
    self.perf = perf
  }

  deinit {
    // The list holds itself; taken apart one by one, since a chain of releases would recurse.
    while let onode = oldest { unlink(onode) }
  }

  var count: Int { onodes.count }

  func find(_ key: ByteString) -> Onode? {
    guard let onode = onodes[key] else { return nil }
    if newest !== onode {
      unlink(onode)
      link(onode)
    }
    return onode
  }

  func contains(_ key: ByteString) -> Bool { onodes[key] != nil }

  func insert(_ onode: Onode) {
    precondition(onodes.updateValue(onode, forKey: onode.key) == nil, "an onode is there twice")
    onode.isCached = true
    perf.add(StoreCounter.onodes)
    link(onode)
    measure(onode)
  }

  /// It has grown or shrunk.
  func measure(_ onode: Onode) {
    guard onode.isCached else { return }
    let now = onode.memoryBytes
    perf.add(StoreCounter.onodeBytes, UInt64(bitPattern: Int64(now - onode.cachedBytes)))
    bytes += now - onode.cachedBytes
    onode.cachedBytes = now
  }

  func trim() { trim(to: bytesMax) }

  func trim(to most: Int) {
    while bytes > most, count > 1, let onode = oldest {
      unlink(onode)
      onodes[onode.key] = nil
      perf.subtract(StoreCounter.onodes)
      perf.subtract(StoreCounter.onodeBytes, UInt64(onode.cachedBytes))
      onode.isCached = false
      bytes -= onode.cachedBytes
      onode.cachedBytes = 0
    }
  }

  private func link(_ onode: Onode) {
    onode.older = newest
    onode.newer = nil
    newest?.newer = onode
    newest = onode
    if oldest == nil { oldest = onode }
  }

  private func unlink(_ onode: Onode) {
    let newer = onode.newer
    let older = onode.older
    if let older { older.newer = newer } else { oldest = newer }
    if let newer { newer.older = older } else { newest = older }
    onode.newer = nil
    onode.older = nil
  }
}
