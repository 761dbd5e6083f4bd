import Base
import Buffers
import RadosTypes
import Reactors

/// An object of the memory store. Confined to its collection's reactor.
final class MemObject {
  var data = SparseData()
  var attributes = SortedMap<ByteString, ByteSlice>()
  var omap = SortedMap<ByteString, ByteSlice>()
  var omapHeader = ByteSlice.empty
  private(set) var omapBytes: UInt64 = 0

  func setOmap(_ entry: NamedValue) {
    removeOmap(entry.name)
    // Values outlive the message that they came in.
    omap[entry.name] = entry.value.owned
    omapBytes += UInt64(entry.name.count + entry.value.count)
  }

  func removeOmap(_ key: ByteString) {
    guard let old = omap.removeValue(of: key) else { return }
    omapBytes -= UInt64(key.count + old.count)
  }

  func removeOmap(from: ByteString, to: ByteString) {
    var at = omap.lowerBound(from)
    while at != omap.end, omap[at].key < to {
      omapBytes -= UInt64(omap[at].key.count + omap[at].value.count)
      at = omap.place(after: at)
    }
    omap.removeRange(from: from, to: to)
  }

  func clearOmap() {
    omap.removeAll()
    omapHeader = .empty
    omapBytes = 0
  }

  func become(_ other: MemObject) {
    data = other.data
    attributes = other.attributes
    omap = other.omap
    omapHeader = other.omapHeader
    omapBytes = other.omapBytes
  }
}

extension ByteSlice {
  /// The same bytes in memory of their own.
  var owned: ByteSlice { withUnsafeBytes { ByteSlice(copying: $0) } }
}

/// A collection of the memory store.
final class MemCollection: StoreCollection, @unchecked Sendable {
  var objects = SortedMap<GHObject, MemObject>()
  private var commits: [() -> Void] = []

  /// Calls `onCommit` soon, after those before it.
  func commit(_ onCommit: @escaping () -> Void) {
    commits.append(onCommit)
    guard commits.count == 1 else { return }
    reactor.post {
      let due = self.commits
      self.commits = []
      for onCommit in due { onCommit() }
    }
  }
}
