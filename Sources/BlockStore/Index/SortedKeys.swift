import Buffers
import Glibc

/// Keys in ascending order, their bytes side by side, so that a search reads one run of memory.
///
/// The bytes stand in the order in which the keys came, `places` in that of the keys.
struct SortedKeys: ~Copyable {
  private struct Place {
    var start: UInt32
    var count: UInt32
  }

  private var places: [Place] = []
  private var bytes: [UInt8] = []
  /// Of `bytes`, what removed keys have left.
  private var unused = 0
  private static let unusedMin = 1024

  var count: Int { places.count }

  subscript(_ index: Int) -> ByteString { withKey(index) { ByteString(Array($0)) } }

  func byteCount(of index: Int) -> Int { Int(places[index].count) }

  func withKey<Value>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    let place = places[index]
    return bytes.withUnsafeBytes { bytes in
      let start = Int(place.start)
      return body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(place.count)]))
    }
  }

  // MARK: Searching

  /// Where the first is that is not below `key`, and whether it is `key`.
  func search(_ key: ByteString) -> (index: Int, isThere: Bool) {
    bytes.withUnsafeBytes { bytes in
      places.withUnsafeBufferPointer { places in
        key.bytes.withUnsafeBytes { key in
          var low = 0
          var high = places.count
          while low < high {
            let middle = (low + high) / 2
            let order = Self.order(bytes, places[middle], key)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
          }
          return (low, false)
        }
      }
    }
  }

  func lowerBound(_ key: ByteString) -> Int { search(key).index }

  func isBelow(_ index: Int, _ key: ByteString) -> Bool {
    withKey(index) { own in key.bytes.withUnsafeBytes { Self.order(own, $0) < 0 } }
  }

  @inline(__always)
  private static func order(
    _ bytes: UnsafeRawBufferPointer, _ place: Place, _ key: UnsafeRawBufferPointer
  ) -> Int {
    let own = UnsafeRawBufferPointer(
      start: bytes.baseAddress.map { $0 + Int(place.start) }, count: Int(place.count))
    return order(own, key)
  }

  /// Below 0: `left` comes first.
  @inline(__always)
  private static func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int
  {
    if let start = left.baseAddress, let other = right.baseAddress {
      let order = memcmp(start, other, min(left.count, right.count))
      if order != 0 { return Int(order) }
    }
    return left.count - right.count
  }

  // MARK: Changing

  mutating func insert(_ key: ByteString, at index: Int) {
    places.insert(place(key), at: index)
  }

  mutating func replace(at index: Int, with key: ByteString) {
    unused += byteCount(of: index)
    places[index] = place(key)
    tidy()
  }

  mutating func remove(_ range: Range<Int>) {
    for index in range { unused += byteCount(of: index) }
    places.removeSubrange(range)
    tidy()
  }

  /// Takes out the keys from `index` on; they have room to become as many as there were.
  mutating func split(at index: Int) -> SortedKeys {
    let tail = copy(index..<count)
    remove(index..<count)
    return tail
  }

  private func copy(_ range: Range<Int>) -> SortedKeys {
    var copy = SortedKeys()
    copy.places.reserveCapacity(count)
    copy.bytes.reserveCapacity(bytes.count - unused)
    for index in range { withKey(index) { copy.append($0) } }
    return copy
  }

  private mutating func place(_ key: ByteString) -> Place {
    let place = Place(start: UInt32(bytes.count), count: UInt32(key.count))
    key.bytes.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    return place
  }

  private mutating func append(_ key: UnsafeRawBufferPointer) {
    places.append(Place(start: UInt32(bytes.count), count: UInt32(key.count)))
    // Raw bytes would be appended one by one.
    bytes.append(contentsOf: key.bindMemory(to: UInt8.self))
  }

  private mutating func tidy() {
    guard unused > max(bytes.count / 2, Self.unusedMin) else { return }
    self = copy(0..<count)
  }
}
