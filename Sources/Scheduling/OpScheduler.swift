/// Decides what runs next of all that waits. Ceph: `OpScheduler`, `OpQueue`.
package protocol OpScheduler<Item> {
  associatedtype Item

  /// `cost` is in bytes; `client` is whom the item is for, so that one cannot crowd out others.
  mutating func enqueue(_ item: Item, priority: UInt32, cost: Int, client: UInt64)
  mutating func dequeue() -> Item?
  var count: Int { get }
}

extension OpScheduler {
  package var isEmpty: Bool { count == 0 }
}
