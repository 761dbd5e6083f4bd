import Base

/// What waits at one priority: a queue for each client, served in turn.
final class Level<Item> {
  typealias Entry = (item: Item, cost: Int)

  let priority: UInt32
  /// Cost served, divided by weight.
  var clock: UInt64 = 0
  private var queues: [UInt64: Fifo<Entry>] = [:]
  /// Clients that have something, the next one first.
  private var turns = Fifo<UInt64>()

  init(priority: UInt32) { self.priority = priority }

  var isEmpty: Bool { turns.isEmpty }
  var count: Int { queues.values.reduce(0) { $0 + $1.count } }

  func append(_ entry: Entry, client: UInt64) {
    if queues[client] == nil { turns.append(client) }
    queues[client, default: Fifo()].append(entry)
  }

  /// Must not be empty.
  func pop() -> Entry {
    guard let client = turns.popFirst(), let entry = queues[client]?.popFirst() else {
      preconditionFailure("nothing waits at priority \(priority)")
    }
    if queues[client]?.isEmpty == true { queues[client] = nil } else { turns.append(client) }
    return entry
  }
}
