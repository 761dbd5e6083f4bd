import Buffers
import Messages
import PlacementGroups
import RadosTypes
import Testing

@Suite struct FirstLightTests {
  @Test func `a pg is created, told of, and active and clean`() throws {
    let bench = Bench(pgCount: 8)
    #expect(Set(bench.host.created.map(\.seed)) == Set(0..<8))
    let stats = bench.stats()
    #expect(stats.count == 8)
    #expect(stats.values.allSatisfy { $0.state == [.active, .clean] })
  }

  @Test func `what is written is read, stated, deleted and gone`() throws {
    let bench = Bench()
    let written = try #require(bench.ask("obj", .writeFull("hello")))
    #expect(written.result == 0)
    #expect(written.replayVersion == EVersion(epoch: 10, version: 1))
    #expect(written.badReplayVersion == EVersion(epoch: 10, version: 1))
    #expect(written.userVersion == 1)
    let read = try #require(bench.ask("obj", .read()))
    #expect(read.text == "hello")
    #expect(read.replayVersion == .zero)
    #expect(read.badReplayVersion == EVersion(epoch: 0, version: 1))
    #expect(bench.ask("obj", OSDOp(.stat))?.ops[0].outdata.array.first == 5)
    #expect(bench.ask("obj", OSDOp(.delete))?.result == 0)
    #expect(bench.ask("obj", .read())?.result == -2)
    #expect(bench.ask("obj", OSDOp(.delete))?.result == -2)
  }

  @Test func `after a restart everything is there, and repetitions are known`() throws {
    let bench = Bench(pgCount: 4)
    for number in 0..<20 { bench.ask("o\(number)".name, .writeFull("v\(number)")) }
    let repeated = bench.request("o3", [.append("x")])
    let first = try #require(bench.ask(repeated))
    try bench.restart()
    let second = try #require(bench.ask(repeated.sent(at: bench.contents.epoch)))
    #expect(second.result == first.result)
    #expect(second.replayVersion == first.replayVersion)
    #expect(second.userVersion == first.userVersion)
    #expect(bench.ask("o3", .read())?.text == "v3x")
    #expect(bench.ask("o19", .read())?.text == "v19")
    let objects = bench.stats().values.reduce(0) { $0 + $1.sum.objects }
    #expect(objects == 20)
  }
}

extension MOSDOp {
  /// The same request, sent again with a newer map.
  func sent(at epoch: UInt32) -> MOSDOp {
    var again = self
    again.epoch = epoch
    return again
  }
}
