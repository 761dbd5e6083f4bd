/// First in, first out: a ring that grows, for queues that are mostly short.
@usableFromInline package struct Fifo<Element> {
  @usableFromInline var ring: ContiguousArray<Element?> = []
  @usableFromInline var head = 0
  @usableFromInline package var count = 0

  @inlinable
  package init() {}

  @inlinable
  package var isEmpty: Bool { count == 0 }

  @inlinable
  package var first: Element? { count == 0 ? nil : ring[head] }

  @inlinable
  package var last: Element? { count == 0 ? nil : ring[place(count - 1)] }

  /// The element `index` places behind the first.
  @inlinable
  package subscript(index: Int) -> Element {
    _read {
      precondition(index >= 0 && index < count, "element \(index) of \(count)")
      yield ring[place(index)]!
    }
    _modify {
      precondition(index >= 0 && index < count, "element \(index) of \(count)")
      yield &ring[place(index)]!
    }
  }

  @inlinable @inline(__always)
  func place(_ index: Int) -> Int {
    let place = head &+ index
    return place < ring.count ? place : place &- ring.count
  }

  @inlinable
  package mutating func append(_ element: consuming Element) {
    if count == ring.count { grow() }
    ring[place(count)] = element
    count += 1
  }

  @inlinable
  package mutating func prepend(_ element: Element) {
    if count == ring.count { grow() }
    head = head == 0 ? ring.count - 1 : head - 1
    ring[head] = element
    count += 1
  }

  @inlinable
  package mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = ring[head].take()
    head = head + 1 == ring.count ? 0 : head + 1
    count -= 1
    return element
  }

  @inlinable
  package mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    let last = place(count - 1)
    let element = ring[last].take()
    count -= 1
    return element
  }

  @inlinable
  package mutating func removeAll() { self = Fifo() }

  /// Takes everything out, in order.
  @inlinable
  package mutating func takeAll() -> [Element] {
    var taken: [Element] = []
    taken.reserveCapacity(count)
    while let element = popFirst() { taken.append(element) }
    return taken
  }

  @inlinable
  mutating func grow() {
    var larger = ContiguousArray<Element?>(repeating: nil, count: Swift.max(8, 2 * ring.count))
    for index in 0..<count { larger[index] = ring[place(index)].take() }
    ring = larger
    head = 0
  }
}

extension Fifo: Sequence {
  @inlinable
  package func makeIterator() -> AnyIterator<Element> {
    var index = 0
    return AnyIterator {
      guard index < count else { return nil }
      defer { index += 1 }
      return self[index]
    }
  }
}
