import Base
import Buffers

/// Reads a log's ring in large steps. On the device's reactor.
struct RingReader {
  let access: DeviceAccess
  let place: Superblock.LogPlace
  private var window = ByteSlice.empty
  private var windowOffset: UInt64 = 0
  private static let windowBytes = 1 << 20

  init(access: DeviceAccess, place: Superblock.LogPlace) {
    self.access = access
    self.place = place
  }

  /// Bytes of the ring from an offset that counts since the log began; both in whole blocks.
  mutating func read(at offset: UInt64, count: Int) async throws(SystemError) -> ByteSlice {
    if offset >= windowOffset, offset + UInt64(count) <= windowOffset + UInt64(window.count) {
      return window.sub(Int(offset - windowOffset), count)
    }
    let want = max(count, min(Self.windowBytes, Int(place.bytes)))
    let at = offset % place.bytes
    let first = min(want, Int(place.bytes - at))
    var list = BufferList(try await access.read(at: place.offset + at, count: first))
    if first < want { list.append(try await access.read(at: place.offset, count: want - first)) }
    window = list.contiguous()
    windowOffset = offset
    return window.sub(0, count)
  }
}
