/// Keys in order with their values, in chunks of at most 128: look-up and change in O(log n) and a
/// short move.
///
/// A value type that shares chunks until they change, so that a copy is a snapshot that costs
/// nothing and stays as it was.
@usableFromInline package struct SortedMap<Key: Comparable, Value> {
  @usableFromInline package static var chunkMax: Int { 128 }

  @usableFromInline package typealias Element = (key: Key, value: Value)

  /// None is empty, unless there is only one.
  @usableFromInline package var chunks: [[Element]] = []
  @usableFromInline package var count = 0

  /// A place in the map: of an entry, or just past the last one. Valid until the map changes.
  @usableFromInline package struct Place: Equatable {
    @usableFromInline package var chunk: Int
    @usableFromInline package var index: Int

    @inlinable
    package init(chunk: Int, index: Int) {
      self.chunk = chunk
      self.index = index
    }
  }

  @inlinable package init() {}

  @inlinable package var isEmpty: Bool { count == 0 }

  @inlinable package var start: Place { Place(chunk: 0, index: 0) }
  @inlinable package var end: Place { Place(chunk: chunks.count, index: 0) }

  @inlinable package subscript(place: Place) -> Element { chunks[place.chunk][place.index] }

  @inlinable package var first: Element? { chunks.first?.first }
  @inlinable package var last: Element? { chunks.last?.last }

  @inlinable package func place(after place: Place) -> Place {
    place.index + 1 < chunks[place.chunk].count
      ? Place(chunk: place.chunk, index: place.index + 1) : Place(chunk: place.chunk + 1, index: 0)
  }

  @inlinable package func place(before place: Place) -> Place? {
    if place.index > 0 { return Place(chunk: place.chunk, index: place.index - 1) }
    guard place.chunk > 0 else { return nil }
    return Place(chunk: place.chunk - 1, index: chunks[place.chunk - 1].count - 1)
  }

  /// The first entry whose key is at least `key`.
  @inlinable package func lowerBound(_ key: Key) -> Place { bound { $0 < key } }

  /// The first entry whose key is above `key`.
  @inlinable package func upperBound(_ key: Key) -> Place { bound { !(key < $0) } }

  /// The first entry that is not `before`.
  @inlinable @inline(__always)
  func bound(_ before: (Key) -> Bool) -> Place {
    var low = 0
    var high = chunks.count
    while low < high {
      let middle = (low + high) / 2
      if before(chunks[middle][chunks[middle].count - 1].key) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low < chunks.count else { return end }
    let chunk = low
    low = 0
    high = chunks[chunk].count
    while low < high {
      let middle = (low + high) / 2
      if before(chunks[chunk][middle].key) { low = middle + 1 } else { high = middle }
    }
    return Place(chunk: chunk, index: low)
  }

  @inlinable
  func find(_ key: Key) -> Place? {
    let place = lowerBound(key)
    return place != end && !(key < self[place].key) ? place : nil
  }

  @inlinable package subscript(key: Key) -> Value? {
    get { find(key).map { self[$0].value } }
    set {
      if let newValue { set(key, newValue) } else { removeValue(of: key) }
    }
  }

  @inlinable
  mutating func set(_ key: Key, _ value: Value) {
    var place = lowerBound(key)
    if place != end, !(key < self[place].key) {
      chunks[place.chunk][place.index].value = value
      return
    }
    count += 1
    if place == end {
      guard !chunks.isEmpty else { return chunks.append([(key, value)]) }
      place = Place(chunk: chunks.count - 1, index: chunks[chunks.count - 1].count)
    }
    chunks[place.chunk].insert((key, value), at: place.index)
    if chunks[place.chunk].count > Self.chunkMax { split(place.chunk) }
  }

  @inlinable
  mutating func split(_ chunk: Int) {
    // Keys that come in order leave full chunks behind.
    let keep = chunk == chunks.count - 1 ? Self.chunkMax : Self.chunkMax / 2
    let tail = Array(chunks[chunk][keep...])
    chunks[chunk].removeSubrange(keep...)
    chunks.insert(tail, at: chunk + 1)
  }

  @inlinable @discardableResult
  package mutating func removeValue(of key: Key) -> Value? {
    guard let place = find(key) else { return nil }
    count -= 1
    let removed = chunks[place.chunk].remove(at: place.index).value
    if chunks[place.chunk].isEmpty { chunks.remove(at: place.chunk) }
    return removed
  }

  /// Removes the entries with `from <= key`, and `key < to` if there is a `to`.
  @inlinable package mutating func removeRange(from: Key, to: Key?) {
    let begin = lowerBound(from)
    let stop = to.map { lowerBound($0) } ?? end
    if begin.chunk > stop.chunk || (begin.chunk == stop.chunk && begin.index >= stop.index) {
      return
    }
    if begin.chunk == stop.chunk {
      count -= stop.index - begin.index
      chunks[begin.chunk].removeSubrange(begin.index..<stop.index)
      if chunks[begin.chunk].isEmpty { chunks.remove(at: begin.chunk) }
      return
    }
    for chunk in begin.chunk..<stop.chunk { count -= chunks[chunk].count }
    count += begin.index
    if stop.chunk < chunks.count {
      count -= stop.index
      chunks[stop.chunk].removeSubrange(..<stop.index)
    }
    chunks[begin.chunk].removeSubrange(begin.index...)
    let firstWhole = begin.index == 0 ? begin.chunk : begin.chunk + 1
    chunks.removeSubrange(firstWhole..<stop.chunk)
  }

  @inlinable package mutating func removeAll() { self = SortedMap() }
}

extension SortedMap: Sequence {
  @usableFromInline package struct Iterator: IteratorProtocol {
    @usableFromInline let map: SortedMap
    @usableFromInline var at: Place

    @inlinable
    init(map: SortedMap, at: Place) {
      self.map = map
      self.at = at
    }

    @inlinable package mutating func next() -> Element? {
      guard at != map.end else { return nil }
      defer { at = map.place(after: at) }
      return map[at]
    }
  }

  @inlinable package func makeIterator() -> Iterator { Iterator(map: self, at: start) }
}

extension SortedMap: Sendable where Key: Sendable, Value: Sendable {}
