import Base
import RadosTypes

/// A write on its way to every copy: who has not said yet that it is durable there.
///
/// Its number is its place among all writes that the PG has led; messages carry it as their tid.
/// Ceph: `RepGather`, and `ReplicatedBackend::InProgressOp`.
struct RepGather {
  let version: EVersion
  /// Nil: log entries of the PG's own.
  let op: ClientOp?
  /// When it is durable everywhere; or, false, when the interval has ended before.
  let then: ((Bool) -> Void)?
  /// Bit 0: this OSD; bit n + 1: the PG's `replicas[n]`.
  private(set) var waiting: UInt64

  init(_ op: ClientOp, replicas: Int) {
    self.init(op.version, replicas: replicas, op: op)
  }

  init(
    _ version: EVersion, replicas: Int, op: ClientOp? = nil, then: ((Bool) -> Void)? = nil
  ) {
    precondition(replicas < 63, "a PG with \(replicas + 1) copies")
    self.version = version
    self.op = op
    self.then = then
    waiting = (2 << UInt64(replicas)) - 1
  }

  var isCommitted: Bool { waiting == 0 }
  var isCommittedHere: Bool { waiting & 1 == 0 }

  /// False if it had said so before.
  mutating func committed(at place: Int) -> Bool {
    let bit: UInt64 = 1 << UInt64(place)
    guard waiting & bit != 0 else { return false }
    waiting &= ~bit
    return true
  }
}

/// The writes that a PG leads and that are not durable everywhere, in order.
struct RepGathers {
  private var gathers = Fifo<RepGather>()
  private var firstNumber: UInt64 = 1

  var isEmpty: Bool { gathers.isEmpty }
  var count: Int { gathers.count }
  /// The last of a client.
  var last: ClientOp? {
    for gather in gathers.reversed() { if let op = gather.op { return op } }
    return nil
  }

  /// Adds a write and returns its number.
  mutating func append(_ gather: RepGather) -> UInt64 {
    gathers.append(gather)
    return firstNumber + UInt64(gathers.count) - 1
  }

  /// False if there is no such write any more, or that copy was durable before.
  mutating func committed(_ number: UInt64, at place: Int) -> Bool {
    guard number >= firstNumber, number - firstNumber < UInt64(gathers.count) else { return false }
    return gathers[Int(number - firstNumber)].committed(at: place)
  }

  /// The op of a write that has not left yet, unless it is the PG's own.
  func op(_ number: UInt64) -> ClientOp? { gathers[Int(number - firstNumber)].op }

  /// The oldest write, if it is durable everywhere.
  mutating func popCommitted() -> RepGather? {
    guard !gathers.isEmpty, gathers[0].isCommitted else { return nil }
    firstNumber += 1
    return gathers.popFirst()
  }

  func find(_ version: EVersion) -> ClientOp? {
    gathers.first { $0.version == version }?.op
  }

  /// All writes, in order; their numbers are not used again.
  mutating func takeAll() -> [RepGather] {
    firstNumber += UInt64(gathers.count)
    return gathers.takeAll()
  }
}
