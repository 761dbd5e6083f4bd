import Scheduling
import Testing

@Suite struct WeightedPriorityQueueTests {
  @Test func `what is at or above the cut-off goes first, the highest before the high`() {
    var queue = WeightedPriorityQueue<Int>(cutOff: 196)
    queue.enqueue(1, priority: 63, cost: 1, client: 1)
    queue.enqueue(2, priority: 196, cost: 1_000_000, client: 1)
    queue.enqueue(3, priority: 255, cost: 1_000_000, client: 1)
    queue.enqueue(4, priority: 196, cost: 1, client: 1)
    #expect(drain(&queue) == [3, 2, 4, 1])
  }

  @Test func `one client's order is kept`() {
    var queue = WeightedPriorityQueue<Int>()
    for number in 0..<100 { queue.enqueue(number, priority: 63, cost: number, client: 7) }
    #expect(drain(&queue) == Array(0..<100))
  }

  @Test func `a client with one op waits for one op of each other client, not for their queues`() {
    var queue = WeightedPriorityQueue<Int>()
    for client in 1...3 as ClosedRange<UInt64> {
      for _ in 0..<50 { queue.enqueue(Int(client), priority: 63, cost: 4096, client: client) }
    }
    queue.enqueue(99, priority: 63, cost: 4096, client: 99)
    let order = drain(&queue)
    #expect(order.firstIndex(of: 99) == 3)
    for start in stride(from: 4, to: 100, by: 3) {
      #expect(Set(order[start..<start + 3]) == [1, 2, 3])
    }
  }

  @Test(arguments: [(63, 21), (60, 10), (3, 1)] as [(UInt32, UInt32)])
  func `bytes are shared in proportion to priorities`(heavy: UInt32, light: UInt32) {
    var queue = WeightedPriorityQueue<UInt32>()
    for client in 0..<2000 as Range<UInt64> {
      queue.enqueue(heavy, priority: heavy, cost: 4096, client: client % 5)
      queue.enqueue(light, priority: light, cost: 4096, client: client % 3)
    }
    var served: [UInt32: Double] = [:]
    for _ in 0..<1000 { served[queue.dequeue()!, default: 0] += 1 }
    let ratio = served[heavy]! / served[light]!
    let wanted = Double(heavy) / Double(light)
    #expect(abs(ratio - wanted) / wanted < 0.05, "\(ratio), not \(wanted)")
  }

  @Test
  func `large ops of one priority do not take more than their share from small ones of another`() {
    var queue = WeightedPriorityQueue<Int>()
    for _ in 0..<500 {
      queue.enqueue(4 << 20, priority: 63, cost: 4 << 20, client: 1)
      for _ in 0..<20 { queue.enqueue(4096, priority: 62, cost: 4096, client: 2) }
    }
    var small = 0
    for _ in 0..<1000 where queue.dequeue() == 4096 { small += 1 }
    #expect(small > 990)
  }

  @Test func `a priority that was idle gets its share from now on, not what it missed`() {
    var queue = WeightedPriorityQueue<Int>()
    for _ in 0..<1000 { queue.enqueue(1, priority: 63, cost: 4096, client: 1) }
    for _ in 0..<500 { _ = queue.dequeue() }
    for _ in 0..<100 { queue.enqueue(2, priority: 63 / 3, cost: 4096, client: 2) }
    var late = 0
    for _ in 0..<40 where queue.dequeue() == 2 { late += 1 }
    #expect((8...12).contains(late))
  }

  private func drain<Item>(_ queue: inout WeightedPriorityQueue<Item>) -> [Item] {
    var order: [Item] = []
    while let item = queue.dequeue() { order.append(item) }
    #expect(queue.isEmpty)
    return order
  }
}
