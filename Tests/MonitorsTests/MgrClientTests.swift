import Base
import Buffers
import Messages
import Monitors
import RadosTypes
import Testing
import Wire

/// A manager client behind a monitor client in a simulated world.
private final class MgrBench: MgrClientDelegate {
  let monitors: MonBench
  let managers: MgrClient
  let registry = PerfRegistry()
  let counters = PerfCounters(
    name: "osd",
    [
      PerfDeclaration("op_w_latency", .timeAverage, "Writes", priority: 10),
      PerfDeclaration("op", .counter, "Operations", nick: "ops", priority: 10),
      PerfDeclaration("quiet", .counter, "Nobody asks", priority: 2),
    ])
  let monLink: ModelLink
  var statsWanted = 0
  var scrubsAsked: [ScrubOrder] = []

  init() throws {
    monitors = try MonBench()
    registry.register(counters)
    managers = MgrClient(
      reactor: monitors.reactor, transport: monitors.transport, registry: registry,
      name: AuthName(.osd, "3"), log: Log(clock: monitors.world.clock, level: -2))
    monLink = monitors.openSession()
    managers.delegate = self
    monitors.act { [self] in managers.follow(monitors.client) }
  }

  func mgrClient(_ client: MgrClient, prepares done: @escaping () -> Void) { done() }
  func mgrClientWantsStats(_ client: MgrClient) { statsWanted += 1 }
  func mgrClient(_ client: MgrClient, asksFor order: ScrubOrder) { scrubsAsked.append(order) }
  func mgrClientHealth(_ client: MgrClient) -> [DaemonHealthMetric] { [] }
  func mgrClientConfiguration(_ client: MgrClient) -> (config: ByteSlice, defaults: ByteSlice) {
    (.empty, .empty)
  }

  var managerLinks: [ModelLink] { monitors.transport.links.filter { $0.peer == .manager } }

  /// The monitor names a manager.
  func map(epoch: UInt32, _ address: String, isAvailable: Bool = true) {
    var writer = WireWriter()
    writer.writeFramed(version: 11, compat: 6) { writer in
      writer.write(epoch)
      writer.write(EntityAddresses(EntityAddress(address) ?? .none))
      writer.write(UInt64(4100))
      writer.write(isAvailable)
      writer.write("x")
      for _ in 0..<3 { writer.write(UInt32(0)) }
    }
    let map = writer.finish()
    monitors.act { [self] in monLink.receive(MMgrMap(map: map)) }
  }

  @discardableResult
  func ready() -> ModelLink {
    let link = managerLinks[managerLinks.count - 1]
    monitors.act { link.onReady?() }
    return link
  }

  func configure(_ link: ModelLink, period: UInt32 = 5, threshold: UInt32 = 5) {
    monitors.act { link.receive(MMgrConfigure(period: period, threshold: threshold)) }
  }
}

struct MgrClientTests {
  @Test func `the active manager is opened when there is one`() throws {
    let bench = try MgrBench()
    #expect(try bench.monLink.sent(MMonSubscribe.self).last?.wanted.keys.sorted() == ["mgrmap"])
    bench.map(epoch: 1, "10.0.0.7:6800", isAvailable: false)
    #expect(bench.managerLinks.isEmpty)
    bench.map(epoch: 2, "10.0.0.7:6800")
    let link = bench.ready()
    #expect(try link.sent(MMgrOpen.self).map(\.daemonName) == ["3"])
    bench.map(epoch: 3, "10.0.0.7:6800")
    #expect(bench.managerLinks.count == 1)
    bench.monitors.pass(1)
    bench.map(epoch: 4, "10.0.0.8:6800")
    #expect(link.isClosed)
    #expect(bench.managerLinks.count == 2)
  }

  @Test func `scrubs are asked for in two messages; the old one without PGs means all`() throws {
    let bench = try MgrBench()
    bench.map(epoch: 2, "10.0.0.7:6800")
    let link = bench.ready()
    let (fsid, pg) = (UniqueID(high: 1, low: 2), PGID(pool: 1, seed: 3))
    let new = MOSDScrub2(
      fsid: fsid, epoch: 5, pgs: [ShardPGID(pg)], isRepair: true, isDeep: true)
    let old = MOSDScrub(fsid: fsid, pgs: [pg], isRepair: false, isDeep: true)
    let all = MOSDScrub(fsid: fsid, pgs: [], isRepair: false, isDeep: false)
    bench.monitors.act {
      link.receive(new)
      link.receive(old)
      link.receive(all)
    }
    #expect(bench.scrubsAsked.map(\.pgs) == [[ShardPGID(pg)], [ShardPGID(pg)], nil])
    #expect(bench.scrubsAsked.map(\.isDeep) == [true, true, false])
    #expect(bench.scrubsAsked.map(\.isRepair) == [true, false, false])
    #expect(bench.scrubsAsked.allSatisfy { $0.fsid == fsid })
  }

  @Test func `counters are declared once a session and then are values, in order of their paths`()
    throws
  {
    let bench = try MgrBench()
    bench.counters.sample(0, 7000)
    bench.counters.add(1, 2)
    bench.map(epoch: 2, "10.0.0.7:6800")
    let link = bench.ready()
    bench.configure(link)
    bench.monitors.pass(5.1)
    let reports = try link.sent(MMgrReport.self)
    #expect(reports.count == 2)
    #expect(bench.statsWanted == 2)
    #expect(reports[0].declared.map(\.path) == ["osd.op", "osd.op_w_latency"])
    #expect(reports[0].declared.map(\.kind) == [10, 5])
    #expect(reports[1].declared.isEmpty)
    var reader = WireReader(reports[1].packed.dropFirst(6))
    let values = try (0..<4).map { _ in try reader.read(UInt64.self) }
    #expect(values == [2, 7000, 1, 1])
    #expect(reader.isAtEnd)
    bench.configure(link, threshold: 11)
    bench.monitors.pass(5)
    #expect(try link.sent(MMgrReport.self)[2].undeclared == ["osd.op", "osd.op_w_latency"])
  }

  @Test func `a manager that hangs up is opened again after a second, and told all again`() throws {
    let bench = try MgrBench()
    bench.map(epoch: 2, "10.0.0.7:6800")
    let first = bench.ready()
    bench.configure(first)
    bench.monitors.act { first.onLost?() }
    bench.monitors.pass(0.5)
    #expect(bench.managerLinks.count == 1)
    bench.monitors.pass(0.6)
    #expect(bench.managerLinks.count == 2)
    let second = bench.ready()
    bench.configure(second)
    #expect(try second.sent(MMgrOpen.self).count == 1)
    #expect(try second.sent(MMgrReport.self)[0].declared.count == 2)
    bench.monitors.act { bench.managers.stop() }
    bench.monitors.pass(20)
    #expect(bench.managerLinks.count == 2)
    #expect(try first.sent(MMgrReport.self).count == 1)
  }
}
