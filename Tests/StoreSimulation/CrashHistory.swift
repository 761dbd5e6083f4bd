import RadosTypes

/// What was asked of a store, and what its clients know; by partition.
struct CrashHistory {
  /// A transaction that is not acknowledged.
  private struct Transaction {
    let sent: Sent
    let undo: ModelUndo
  }
  /// What a transaction wrote.
  typealias Sent = (pg: ShardPGID, writes: [ModelWrite])

  /// What it is to hold now.
  private(set) var latest: [ModelPartition]
  /// Those that led there, after the last that is acknowledged.
  private var unacknowledged: [[Transaction]]
  /// How many it had had at the last start that succeeded.
  private(set) var countsAtStart: [Int]
  /// Units that those may still take which are queued, but in no record.
  private var needs: [[Int]]
  /// Lost ones, that a client will send again.
  var resends: [Sent] = []
  /// In each log, the partitions of the transactions in it, in order.
  private var order: [UInt32: [Int]] = [:]
  /// `order` of the life before.
  private(set) var previousOrder: [UInt32: [Int]] = [:]

  init(partitions: Int) {
    latest = Array(repeating: ModelPartition(), count: partitions)
    unacknowledged = Array(repeating: [], count: partitions)
    countsAtStart = Array(repeating: 0, count: partitions)
    needs = Array(repeating: [], count: partitions)
  }

  /// Of all queued transactions that are in no record.
  var unitsNeeded: Int { needs.joined().reduce(0, +) }

  func acknowledged(_ partition: Int) -> Int {
    latest[partition].count - unacknowledged[partition].count
  }

  /// What a partition is to hold after `count` of its transactions; nil if more are acknowledged, or
  /// there never were so many.
  func state(_ partition: Int, after count: Int) -> ModelPartition? {
    guard count >= acknowledged(partition), count <= latest[partition].count else { return nil }
    var state = latest[partition]
    for transaction in unacknowledged[partition].suffix(latest[partition].count - count).reversed()
    { transaction.undo.apply(to: &state) }
    return state
  }

  // MARK: While it runs

  func has(_ pg: ShardPGID, in partition: Int) -> Bool {
    latest[partition].collections[.pg(pg)] != nil
  }

  func has(_ pg: ShardPGID) -> Bool { latest.indices.contains { has(pg, in: $0) } }

  /// A transaction of a PG, and perhaps of another: `build` does to the model what it does, and says what
  /// it writes and how many units that may take. Returns the partition's count with it.
  mutating func queue(
    _ pg: ShardPGID, with other: ShardPGID? = nil, in partition: Int,
    _ build: (inout ModelPartition) -> (writes: [ModelWrite], units: Int)
  ) -> Int {
    let undo = ModelUndo(latest[partition], [pg] + (other.map { [$0] } ?? []))
    let (writes, units) = build(&latest[partition])
    unacknowledged[partition].append(Transaction(sent: (pg, writes), undo: undo))
    needs[partition].append(units)
    return latest[partition].count
  }

  mutating func recorded(in partition: Int, log: UInt32) {
    order[log, default: []].append(partition)
    needs[partition].removeFirst()
  }

  /// The transaction that made it `count` is acknowledged, and with it all before.
  mutating func acknowledge(_ count: Int, in partition: Int) {
    unacknowledged[partition].removeFirst(max(0, count - acknowledged(partition)))
  }

  // MARK: Crash and start

  mutating func crashed() {
    previousOrder = order
    order = [:]
    for partition in needs.indices { needs[partition] = [] }
  }

  /// So many of each partition's transactions were found; that is now what it is to hold.
  mutating func found(_ counts: [Int]) {
    for (partition, count) in counts.enumerated() {
      guard let state = state(partition, after: count) else { continue }
      resends +=
        unacknowledged[partition].dropFirst(count - acknowledged(partition)).prefix(1).map(\.sent)
      unacknowledged[partition] = []
      latest[partition] = state
    }
    countsAtStart = counts
    previousOrder = [:]
  }
}
