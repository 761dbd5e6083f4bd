import Base
import Buffers
import ClusterMaps
import Foundation
import RadosTypes
import Testing
import Wire

/// Makes an OSD map step by step, each step an incremental that is written, read and applied: a stock
/// map to begin with, then a CRUSH map with pools, then misfortune, then exceptions.
struct ScenarioMaps {
  struct Scenario {
    var seed: UInt64
    var algorithms = ["straw2", "straw2", "straw2"]
    var tunables = CrushText.Tunables.jewel
    var chooseArguments = false
    var hasMisfortune = true
    var hasExceptions = true
  }

  static let pools: [(id: Int64, pool: Pool)] = {
    func pool(
      _ kind: Pool.Kind, size: UInt8, rule: UInt8, count: UInt32, placed: UInt32? = nil
    ) -> Pool {
      var pool = Pool(kind: kind, size: size, pgCount: count)
      pool.crushRule = rule
      pool.minSize = size - 1
      pool.placementCount = placed ?? count
      return pool
    }
    var old = pool(.replicated, size: 3, rule: 4, count: 48)
    old.flags = []
    return [
      (1, pool(.replicated, size: 3, rule: 0, count: 128)),
      (2, pool(.replicated, size: 4, rule: 6, count: 150)),
      (3, pool(.erasure, size: 5, rule: 2, count: 128)),
      (4, pool(.erasure, size: 6, rule: 3, count: 100, placed: 64)),
      (5, old),
      (6, pool(.replicated, size: 2, rule: 1, count: 64, placed: 40)),
      (7, pool(.replicated, size: 4, rule: 5, count: 96)),
      (8, pool(.erasure, size: 4, rule: 8, count: 64)),
      (9, pool(.replicated, size: 3, rule: 7, count: 64)),
    ]
  }()

  let folder: ScratchFolder
  private let tool: StockTool
  private(set) var map: OSDMap
  private var random: SeededRandom
  private let scenario: Scenario

  init(_ scenario: Scenario) throws {
    self.scenario = scenario
    folder = try ScratchFolder()
    tool = try StockTool.osdmaptool.get()
    random = SeededRandom(seed: scenario.seed)
    let text = CrushText(
      CrushText.Shape(
        seed: scenario.seed, algorithms: scenario.algorithms, tunables: scenario.tunables,
        chooseArgumentPools: scenario.chooseArguments ? [1, 3, 8] : []))
    let source = try folder.write(Array(text.text.utf8), as: "map.txt")
    try StockTool.crushtool.get().run(
      ["-c", source, "-o", folder.path("crush"), "--enable-unsafe-tunables"], in: folder)
    try tool.run(["--createsimple", "\(text.deviceCount)", folder.path("first")], in: folder)
    map = try OSDMap(wire: ByteSlice(folder.read("first")))
    try fill(crush: ByteSlice(folder.read("crush")))
    if scenario.hasMisfortune { try hurt() }
    if scenario.hasExceptions { try makeExceptions() }
  }

  /// Applies what `change` says, by way of the bytes of an incremental.
  mutating func step(_ change: (inout OSDMap.Incremental) -> Void) throws {
    var incremental = OSDMap.Incremental(epoch: map.epoch + 1)
    incremental.clusterID = map.clusterID
    change(&incremental)
    var expected = map.contents
    try expected.apply(incremental)
    incremental.fullChecksum = try expected.encoded(features: incremental.encodeFeatures).checksum
    let bytes = try incremental.encoded().bytes
    let read = try OSDMap.Incremental(wire: bytes)
    #expect(try read.encoded().bytes == bytes)
    map = try map.applying(read).map
  }

  private mutating func fill(crush: ByteSlice) throws {
    let count = map.osdMax
    try step { next in
      next.crush = crush
      next.newFlags = Int32(OSDMapFlags.sortBitwise.rawValue)
      next.newRequireOSDRelease = .pacific
      next.newPoolMax = 9
      for (id, pool) in Self.pools {
        next.newPools[id] = pool
        next.newPoolNames[id] = ByteString("pool\(id)")
      }
      for osd in 0..<count {
        next.newWeight[osd] = 0x10000
        let address = EntityAddresses(
          EntityAddress(kind: .v2, ipv4: (192, 0, 2, UInt8(osd)), port: 6800, nonce: 1))
        next.newUpClient[osd] = address
        next.newUpCluster[osd] = address
        next.newHeartbeatBack[osd] = address
        next.newHeartbeatFront[osd] = address
      }
    }
  }

  /// Some are reweighted, out, down, or gone altogether.
  private mutating func hurt() throws {
    var random = random
    let count = map.osdMax
    try step { next in
      for osd in 0..<count {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: next.newWeight[osd] = 0
        case 1: next.newWeight[osd] = UInt32.random(in: 0x1000..<0x10000, using: &random)
        case 2: next.newState[osd] = .up
        case 3: next.newState[osd] = [.exists, .up]
        default: break
        }
      }
    }
    self.random = random
  }

  private mutating func makeExceptions() throws {
    var random = random
    let count = map.osdMax
    let pools = map.pools
    try step { next in
      for osd in 0..<count where Int.random(in: 0..<4, using: &random) == 0 {
        next.newPrimaryAffinity[osd] = UInt32.random(in: 0...0x10000, using: &random)
      }
      for (id, pool) in pools.sorted(by: { $0.key < $1.key }) {
        for seed in 0..<pool.pgCount {
          let pg = PGID(pool: id, seed: seed)
          let some = (0..<Int(pool.size)).map { _ in Int32.random(in: 0..<count, using: &random) }
          switch Int.random(in: 0..<16, using: &random) {
          case 0: next.newPGTemp[pg] = some
          case 1: next.newPrimaryTemp[pg] = some[0]
          case 2: next.newPGUpmap[pg] = some
          case 3...4: next.newPGUpmapItems[pg] = [.init(from: some[0], to: some[1])]
          case 5:
            next.newPGUpmap[pg] = some
            next.newPGUpmapItems[pg] = [
              .init(from: some[1], to: Int32.random(in: 0..<count, using: &random))
            ]
          default: break
          }
        }
      }
    }
    self.random = random
  }

  /// What the stock tool says where each PG of the map is that we wrote.
  func stockPlacements(_ options: [String] = []) throws -> [StockPlacement] {
    let path = try folder.write(
      map.encoded(features: map.encodingFeatures).bytes.array, as: "ours")
    let output = try tool.run([path, "--test-map-pgs-dump-all"] + options, in: folder)
    return output.split(separator: "\n").compactMap { StockPlacement($0) }
  }

  /// The map as the stock tool would save it: one epoch later, besides all changes.
  func bytesAsSaved() throws -> [UInt8] {
    var contents = map.contents
    contents.epoch += 1
    return try contents.encoded(features: OSDMap.significantFeatures).bytes.array
  }

  /// Lets the stock tool change the map that we wrote and save it; the bytes that it wrote.
  func changedByTool(_ options: [String]) throws -> [UInt8] {
    let path = try folder.write(
      map.encoded(features: map.encodingFeatures).bytes.array, as: "changed")
    try tool.run([path] + options, in: folder)
    return try folder.read("changed")
  }
}

/// `3.1f raw ([1,2], p1) up ([1,2], p1) acting ([2,1], p2)`
struct StockPlacement {
  var pg: PGID
  var raw: [Int32]
  var placement = PGPlacement()

  init?(_ line: Substring) {
    let words = line.split(separator: " ")
    guard words.count == 10, words[1] == "raw", let pg = PGID(words[0]) else { return nil }
    self.pg = pg
    raw = Self.osds(words[2])
    placement.up = Self.osds(words[5])
    placement.upPrimary = Self.primary(words[6])
    placement.acting = Self.osds(words[8])
    placement.actingPrimary = Self.primary(words[9])
  }

  private static func osds(_ word: Substring) -> [Int32] {
    word.split { "([],)".contains($0) }.compactMap { $0 == "NONE" ? PGShard.noOSD : Int32($0) }
  }

  private static func primary(_ word: Substring) -> Int32 {
    Int32(word.dropFirst().dropLast()) ?? -2
  }
}
