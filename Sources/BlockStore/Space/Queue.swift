import Base

/// First in, first out; a plain array that forgets its head in bulk.
struct Queue<Element>: Sequence {
  private var elements: [Element] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }
  var count: Int { elements.count - head }
  var first: Element? { isEmpty ? nil : elements[head] }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func removeFirst() {
    precondition(!isEmpty)
    head += 1
    if head == elements.count {
      if elements.capacity <= 1024 { elements.clear() } else { elements = [] }
      head = 0
    } else if head >= 64, head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
  }

  mutating func popFirst() -> Element? {
    guard let element = first else { return nil }
    removeFirst()
    return element
  }

  func makeIterator() -> ArraySlice<Element>.Iterator { elements[head...].makeIterator() }
}
