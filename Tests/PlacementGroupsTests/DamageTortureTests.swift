import Base
import Buffers
import ClusterMaps
import Messages
import PlacementGroups
import RadosTypes
import Testing

/// Copies become unreadable, OSDs go and come, reads take their time: a client sees what it has written,
/// in its order, and in the end all copies can be read.
@Suite struct DamageTortureTests {
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `a client's ops keep their order, whatever copies are damaged`(seed: UInt64) throws {
    let torture = DamageTorture(seed: seed)
    for round in 0..<3 {
      try torture.harmSome()
      if round == 1 { torture.cluster.kill(Int(seed % 3)) }
      for _ in 0..<30 { torture.step() }
      if round == 1 { torture.cluster.restart(Int(seed % 3)) }
      try torture.mend()
    }
  }
}

/// Random ops of one client, and what they must be answered.
private final class DamageTorture {
  let cluster: ClusterBench
  private let names: [ByteString] = ["a", "b", "c"]
  /// nil: the object is not there.
  private var contents: [ByteString: String] = [:]
  /// All that each object has been.
  private var history: [ByteString: [String?]] = [:]
  /// What a read is of, and in which state; nil: in any.
  private var reads: [UInt64: (name: ByteString, state: Int?)] = [:]
  private var count = 0

  init(seed: UInt64) {
    cluster = ClusterBench(seed: seed, osds: 3, size: 3, minSize: 1)
    for name in names { append(to: name) }
    cluster.settle(.seconds(5))
  }

  private func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &cluster.random)
  }

  /// One copy of each object, at most.
  func harmSome() throws {
    for name in names where contents[name] != nil && number(0...3) > 0 {
      try cluster.harm(name, .unreadable, at: number(0...2))
    }
  }

  func step() {
    for osd in cluster.osds {
      osd.slowStore.dataDelay = number(0...1) == 0 ? nil : .microseconds(number(0...20_000))
    }
    let name = names[number(0...2)]
    switch number(0...9) {
    case 0: delete(name)
    case 1...3: append(to: name)
    case 4: append(to: name, after: [.read()])
    default: read(name)
    }
    cluster.run(for: .microseconds(number(0...3000)))
  }

  private func append(to name: ByteString, after ops: [OSDOp] = []) {
    count += 1
    // A read of what is absent fails, and what comes after it.
    guard ops.isEmpty || contents[name] != nil else { return }
    cluster.client.send(name, ops + [.append("\(count);")])
    contents[name, default: ""] += "\(count);"
    history[name, default: []].append(contents[name])
  }

  private func delete(_ name: ByteString) {
    guard contents.removeValue(forKey: name) != nil else { return }
    cluster.client.send(name, [OSDOp(.delete)])
    history[name]?.append(nil)
  }

  private func read(_ name: ByteString) {
    // What goes to a replica may overtake what goes to the primary.
    let isAnyones = number(0...3) == 0
    let tid = cluster.client.send(
      name, [.read()], flags: isAnyones ? [.onDisk, .balanceReads] : [.onDisk])
    reads[tid] = (name, isAnyones ? nil : (history[name]?.count ?? 1) - 1)
  }

  /// All are answered, and what is damaged is repaired. A read that is sent again, or waits until its object
  /// can be repaired, may tell of later writes.
  func mend() throws {
    for osd in cluster.osds { osd.slowStore.dataDelay = nil }
    #expect(
      cluster.run(for: .seconds(120)) { cluster.client.isIdle }, "\(cluster.client.pendingText)")
    for (tid, read) in reads {
      let reply = try #require(cluster.client.replies[tid])
      let content = reply.result == -2 ? nil : reply.text
      let states = try #require(history[read.name])
      #expect(
        states[(read.state ?? 0)...].contains(content),
        "\(read.name): \(content ?? "none")")
    }
    reads = [:]
    cluster.settle()
    try cluster.scrub(isDeep: true, isRepair: true)
    cluster.settle()
    #expect(cluster.states() == [.active.union(.clean)], "\(cluster.describe())")
    try cluster.expectEqualCopies()
    for name in names {
      #expect(cluster.client.ask(name, .read())?.text ?? "" == contents[name] ?? "")
    }
  }
}
