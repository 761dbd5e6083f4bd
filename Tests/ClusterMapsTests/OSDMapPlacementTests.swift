import Base
import Buffers
import ClusterMaps
import RadosTypes
import Testing
import Wire

@Suite struct OSDMapPlacementTests {
  static let scenarios: [ScenarioMaps.Scenario] = {
    var scenarios: [ScenarioMaps.Scenario] = []
    for (index, tunables) in CrushText.Tunables.allCases.enumerated() {
      scenarios.append(.init(seed: UInt64(10 + index), tunables: tunables))
      scenarios.append(.init(seed: UInt64(20 + index), tunables: tunables, hasExceptions: false))
      scenarios.append(.init(seed: UInt64(30 + index), tunables: tunables, chooseArguments: true))
    }
    for (index, algorithm) in ["uniform", "list", "tree", "straw", "straw2"].enumerated() {
      scenarios.append(
        .init(seed: UInt64(40 + index), algorithms: [algorithm, algorithm, algorithm]))
      scenarios.append(
        .init(
          seed: UInt64(50 + index), algorithms: [algorithm, "straw2", "list"], tunables: .argonaut))
    }
    scenarios.append(.init(seed: 60, hasMisfortune: false))
    return scenarios
  }()

  @Test(arguments: scenarios.indices)
  func `every PG is where the stock tool says, reading the map that we wrote`(index: Int) throws {
    let maps = try ScenarioMaps(Self.scenarios[index])
    let expected = try maps.stockPlacements()
    let pgCount = ScenarioMaps.pools.reduce(0) { $0 + Int($1.pool.pgCount) }
    #expect(expected.count == pgCount)
    for stock in expected {
      let pool = try #require(maps.map.pool(stock.pg.pool))
      #expect(maps.map.rawOSDs(stock.pg, pool) == stock.raw, "\(stock.pg) raw")
      #expect(maps.map.placement(of: stock.pg) == stock.placement, "\(stock.pg)")
    }
  }

  @Test func `the maps above have at least 20,000 PGs`() {
    let pgCount = ScenarioMaps.pools.reduce(0) { $0 + Int($1.pool.pgCount) }
    print(
      "OSDMap: \(Self.scenarios.count) maps with \(Self.scenarios.count * pgCount) PGs compared")
    #expect(Self.scenarios.count >= 20)
    #expect(Self.scenarios.count * pgCount >= 20_000)
  }

  @Test(arguments: [(10, "straw2"), (13, "straw2"), (16, "list")])
  func `a new CRUSH map makes the same next map with the stock tool and with us`(
    seed: UInt64, algorithm: String
  ) throws {
    var maps = try ScenarioMaps(
      .init(seed: seed, algorithms: [algorithm, "straw2", "straw2"], chooseArguments: true))
    let crush = try maps.folder.read("crush")
    let theirs = try maps.changedByTool(["--import-crush", maps.folder.path("crush")])
    try maps.step { $0.crush = ByteSlice(crush) }
    #expect(try maps.bytesAsSaved() == theirs)
  }

  @Test func `the balancer's exceptions make the same map, and the same placements`() throws {
    var maps = try ScenarioMaps(.init(seed: 71, hasMisfortune: false, hasExceptions: false))
    let commands = maps.folder.path("commands")
    let theirs = try maps.changedByTool([
      "--upmap", commands, "--upmap-max", "60", "--upmap-deviation", "1", "--upmap-pool", "pool1",
      "--save",
    ])
    let text = String(decoding: try maps.folder.read("commands"), as: UTF8.self)
    var items: [PGID: [OSDMap.UpmapItem]] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("ceph osd pg-upmap-items") {
      let words = line.split(separator: " ").dropFirst(3)
      let pg = try #require(words.first.flatMap { PGID($0) })
      let osds = words.dropFirst().compactMap { Int32($0) }
      items[pg] = stride(from: 0, to: osds.count, by: 2).map {
        .init(from: osds[$0], to: osds[$0 + 1])
      }
    }
    #expect(items.count >= 10)
    try maps.step { $0.newPGUpmapItems = items }
    #expect(try maps.bytesAsSaved() == theirs)
    for stock in try maps.stockPlacements() {
      #expect(maps.map.placement(of: stock.pg) == stock.placement, "\(stock.pg)")
    }
  }

  @Test func `an OSD that the tool marks out is left by the same PGs`() throws {
    var maps = try ScenarioMaps(.init(seed: 72, hasMisfortune: false))
    let expected = try maps.stockPlacements(["--mark-out", "3"])
    try maps.step { $0.newWeight[3] = 0 }
    for stock in expected {
      #expect(maps.map.placement(of: stock.pg) == stock.placement, "\(stock.pg)")
    }
  }

  @Test func `changed weights of devices move the same PGs`() throws {
    var maps = try ScenarioMaps(.init(seed: 73, hasMisfortune: false))
    let theirs = try maps.changedByTool([
      "--adjust-crush-weight", "1:0.3,4:2.5,7:0", "--save",
    ])
    let changed = try OSDMap(wire: ByteSlice(theirs))
    #expect(try changed.encoded(features: OSDMap.significantFeatures).bytes.array == theirs)
    let crush = changed.crush.encoded(features: .pacific)
    try maps.step { $0.crush = crush }
    for stock in try maps.stockPlacements() {
      #expect(maps.map.placement(of: stock.pg) == stock.placement, "\(stock.pg)")
      #expect(changed.placement(of: stock.pg) == stock.placement, "\(stock.pg)")
    }
  }

  /// The tool's map of OSDs that it knows from a configuration: three hosts in two racks.
  @Test func `a map made from a configuration places PGs alike once its OSDs are up`() throws {
    let folder = try ScratchFolder()
    let tool = try StockTool.osdmaptool.get()
    let places = [("a", "r1"), ("a", "r1"), ("b", "r2"), ("c", "r2")]
    var text = "[global]\nfsid = 11111111-2222-3333-4444-555555555555\n"
    for (osd, place) in places.enumerated() {
      text += "[osd.\(osd)]\nhost = \(place.0)\nrack = \(place.1)\n"
    }
    let configuration = try folder.write(Array(text.utf8), as: "ceph.conf")
    let options = ["--with-default-pool", "--pg-bits", "5"]
    try tool.run(
      ["-c", configuration, "--create-from-conf", folder.path("map")] + options, in: folder)
    let bytes = try folder.read("map")
    let made = try OSDMap(wire: ByteSlice(bytes))
    #expect(try made.encoded(features: OSDMap.significantFeatures).bytes.array == bytes)
    #expect(made.crush.location(of: 3).map { "\($0.name)" } == ["c", "r2", "default"])
    var contents = made.contents
    for osd in 0..<contents.osds.count {
      contents.osds.states[osd].formUnion([.exists, .up])
      contents.osds.weights[osd] = 0x10000
    }
    let map = OSDMap(contents)
    let output = try tool.run(
      [folder.path("map"), "--test-map-pgs-dump-all", "--mark-up-in"], in: folder)
    let expected = output.split(separator: "\n").compactMap { StockPlacement($0) }
    #expect(expected.count == 128)
    for stock in expected {
      #expect(map.placement(of: stock.pg) == stock.placement, "\(stock.pg)")
    }
  }

  /// With the splits, merges, exceptions and weight sets that the cluster went through.
  @Test func `a monitor's maps place PGs as the stock tool does, epoch after epoch`() throws {
    let folder = try ScratchFolder()
    let tool = try StockTool.osdmaptool.get()
    var reader = WireReader(try GoldenFiles.read("epochs"))
    var map = OSDMap(OSDMap.Contents())
    var compared = 0
    while !reader.isAtEnd {
      try reader.skip(4)
      let (next, bytes) = try map.applying(.init(wire: try reader.readBytes()))
      map = next
      guard map.epoch % 6 == 0 else { continue }
      let path = try folder.write(bytes.array, as: "map")
      let output = try tool.run([path, "--test-map-pgs-dump-all"], in: folder)
      for stock in output.split(separator: "\n").compactMap({ StockPlacement($0) }) {
        #expect(map.placement(of: stock.pg) == stock.placement, "\(map.epoch): \(stock.pg)")
        compared += 1
      }
    }
    #expect(compared > 400)
    print("OSDMap: \(compared) PGs of a monitor's maps compared")
  }

  @Test func `objects fall into the PGs that the stock tool finds`() throws {
    let maps = try ScenarioMaps(.init(seed: 74, hasMisfortune: false, hasExceptions: false))
    let path = try maps.folder.write(
      maps.map.encoded(features: maps.map.encodingFeatures).bytes.array, as: "map")
    let tool = try StockTool.osdmaptool.get()
    for name in ["a", "rbd_data.1234.0000000000000001", "twelve bytes", "a longer name than that"] {
      let output = try tool.run(
        [path, "--test-map-object", name, "--pool", "2"], in: maps.folder)
      let raw = try #require(maps.map.rawPG(of: ByteString(name), ObjectLocator(pool: 2)))
      let pg = try #require(maps.map.pool(2)).actualPG(raw)
      #expect(output.contains("-> \(pg) ->"), "\(name): \(pg), \(output)")
    }
  }
}
