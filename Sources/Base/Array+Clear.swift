extension Array {
  /// Removes all elements and keeps the room, for queues and scratch that mostly have none or a few: these leave
  /// one by one, at a fraction of what `removeAll` takes.
  @inlinable @inline(__always)
  package mutating func clear() {
    if count > 8 { return removeAll(keepingCapacity: true) }
    while !isEmpty { removeLast() }
  }
}
