import Buffers
import CLinux

/// Slices that wait to be sent, in order. Confined to its socket.
struct SendQueue {
  private var slices: [ByteSlice] = []
  private var head = 0
  /// Bytes of the slice at `head` that are gone already.
  private var headSent = 0
  private(set) var bytes = 0

  var isEmpty: Bool { bytes == 0 }

  mutating func append(_ slice: ByteSlice) {
    guard !slice.isEmpty else { return }
    slices.append(slice)
    bytes += slice.count
  }

  mutating func append(_ list: BufferList) {
    for slice in list.slices { append(slice) }
  }

  /// Describes the first slices; how many segments and bytes that are.
  func fill(_ segments: UnsafeMutablePointer<CLinux_Segment>, max: Int) -> (count: Int, bytes: Int)
  {
    let count = Swift.min(max, slices.count - head)
    var total = 0
    for at in 0..<count {
      let slice = slices[head + at]
      let skip = at == 0 ? headSent : 0
      segments[at] = CLinux_Segment(
        base: UnsafeMutableRawPointer(mutating: slice.start) + skip, count: slice.count - skip)
      total += slice.count - skip
    }
    return (count, total)
  }

  mutating func drop(_ count: Int) {
    bytes -= count
    if bytes == 0 {
      if slices.count <= 4096 { slices.clear() } else { slices = [] }
      head = 0
      headSent = 0
      return
    }
    var left = count + headSent
    while slices[head].count <= left {
      left -= slices[head].count
      slices[head] = .empty
      head += 1
    }
    headSent = left
    if head > 1024, head * 2 > slices.count {
      slices.removeFirst(head)
      head = 0
    }
  }

  /// All that is left, as a list.
  func remaining() -> BufferList {
    var list = BufferList()
    for at in head..<slices.count {
      list.append(at == head ? slices[at].dropFirst(headSent) : slices[at])
    }
    return list
  }

  mutating func removeAll() {
    self = SendQueue()
  }
}
