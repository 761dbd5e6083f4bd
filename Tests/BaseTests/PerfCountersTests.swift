import Base
import Testing

@Suite struct PerfCountersTests {
  private static let axes = PerfHistogram.Axes(
    x: PerfHistogram.Axis("Latency (usec)", quantum: 100_000, buckets: 32),
    y: PerfHistogram.Axis("Request size (bytes)", quantum: 512, buckets: 32))

  private static let declarations = [
    PerfDeclaration("op", .counter, "Ops"),
    PerfDeclaration("pgs", .gauge, "PGs"),
    PerfDeclaration("latency", .timeAverage, "Time"),
    PerfDeclaration("histogram", .histogram, "Both", axes: axes),
  ]

  @Test func `a reset begins anew for readers, but for gauges`() {
    let counters = PerfCounters(name: "osd", Self.declarations)
    counters.add(0, 3)
    counters.set(1, 7)
    counters.sample(2, 1000)
    counters.histograms[3]?.count(x: 1, y: 1)
    counters.reset()
    #expect(counters.value(0) == (0, 0))
    #expect(counters.value(1).sum == 7)
    #expect(counters.value(2) == (0, 0))
    #expect(counters.histograms[3]?[1, 1] == 0)
    counters.add(0)
    counters.sample(2, 50)
    counters.histograms[3]?.count(x: 1, y: 1)
    #expect(counters.value(0).sum == 1)
    #expect(counters.value(2) == (50, 1))
    #expect(counters.histograms[3]?[1, 1] == 1)
  }

  @Test func `groups of one name are added up, and looked up before they are read`() {
    let registry = PerfRegistry()
    let groups = (0..<2).map { _ in PerfCounters(name: "osd", Self.declarations) }
    registry.register(groups[0])
    registry.register(groups[1]) { $0.set(1, 4) }
    for group in groups { group.add(0, 5) }
    let found = registry.byName
    #expect(found.map(\.name) == ["osd"])
    #expect(PerfCounters.total(of: found[0].groups, 0).sum == 10)
    #expect(PerfCounters.total(of: found[0].groups, 1).sum == 4)
    #expect(registry.reset(logger: "osd"))
    #expect(!registry.reset(logger: "nobody"))
    #expect(PerfCounters.total(of: registry.byName[0].groups, 0).sum == 0)
  }

  /// Bounds as a stock OSD's `perf histogram schema` has them.
  @Test(
    arguments: [
      (0, nil, -1), (1, 0, 99_999), (2, 100_000, 199_999), (3, 200_000, 399_999),
      (31, 53_687_091_200_000, nil),
    ] as [(Int, Int64?, Int64?)])
  func `ranges double`(bucket: Int, least: Int64?, greatest: Int64?) {
    let range = Self.axes.x.range(bucket)
    #expect(range.least == least)
    #expect(range.greatest == greatest)
  }

  @Test(
    arguments: [
      (0, 1), (99_999, 1), (100_000, 2), (199_999, 2), (200_000, 3), (399_999, 3), (400_000, 4),
      (UInt64.max, 31),
    ] as [(UInt64, Int)])
  func `a value counts in the bucket whose range it is in`(value: UInt64, bucket: Int) {
    let histogram = PerfHistogram(Self.axes)
    histogram.count(x: value, y: 0)
    let found = (0..<32).filter { histogram[$0, 1] == 1 }
    #expect(found == [bucket])
    let range = Self.axes.x.range(bucket)
    #expect(range.least.map { UInt64($0) <= value } ?? true)
    #expect(range.greatest.map { UInt64($0) >= value } ?? true)
  }
}
