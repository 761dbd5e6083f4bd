import Base
import Buffers
import ClusterMaps
import RadosTypes
import TestKit
import Testing
import Wire

@Suite struct BadInputTests {
  private static let maps: [ByteSlice] = {
    let scenario = try? ScenarioMaps(.init(seed: 80, chooseArguments: true))
    let bytes = try? scenario?.map.encoded(features: OSDMap.significantFeatures).bytes
    return [bytes].compactMap { $0 } + GoldenSamples.values(of: "OSDMap").map(\.bytes)
  }()

  private static func incrementals() throws -> [ByteSlice] {
    var reader = WireReader(try GoldenFiles.read("epochs"))
    var found: [ByteSlice] = []
    while !reader.isAtEnd {
      try reader.skip(4)
      found.append(try reader.readBytes())
    }
    return found
  }

  private static let pools: [ByteSlice] = ScenarioMaps.pools.map(\.pool.wire)

  @Test func `a prefix is truncated, never a crash`() throws {
    let map = DecoderTorture("OSDMap") { (bytes) throws(DecodeError) in _ = try OSDMap(wire: bytes)
    }
    let incremental = DecoderTorture("OSDMap.Incremental") { (bytes) throws(DecodeError) in
      _ = try OSDMap.Incremental(wire: bytes)
    }
    #expect(map.cut(Self.maps) == [])
    let every8th = try Self.incrementals().enumerated().filter { $0.offset % 8 == 0 }.map(\.element)
    #expect(incremental.cut(every8th) == [])
    #expect(DecoderTorture("Pool", Pool.self).cut(Self.pools) == [])
    #expect(DecoderTorture("MonMap", MonMap.self).cut([try GoldenFiles.read("monmap")]) == [])
  }

  /// The checksum would refuse almost all of them, so it is set right first.
  @Test func `changed bytes are refused or read, never a crash`() throws {
    let map = DecoderTorture("OSDMap") { (bytes) throws(DecodeError) in
      let map = try OSDMap(wire: Self.withChecksum(bytes))
      for pool in map.pools.keys { _ = map.placement(of: PGID(pool: pool, seed: 1)) }
    }
    let incremental = DecoderTorture("OSDMap.Incremental") { (bytes) throws(DecodeError) in
      let incremental = try OSDMap.Incremental(wire: Self.withChecksum(bytes))
      var contents = OSDMap.Contents()
      contents.epoch = incremental.epoch &- 1
      contents.clusterID = incremental.clusterID
      contents.osds.resize(to: 4)
      try? contents.apply(incremental)
    }
    map.mutate(Self.maps, count: 2000)
    incremental.mutate(try Self.incrementals(), count: 4000)
    DecoderTorture("Pool", Pool.self).mutate(Self.pools, count: 4000)
    DecoderTorture("MonMap", MonMap.self).mutate([try GoldenFiles.read("monmap")], count: 2000)
  }

  /// Rules that ask for millions of tries are answered slowly, not wrongly: they are not tried here.
  @Test func `a broken tree is mapped to something, never a crash`() throws {
    let folder = try ScratchFolder()
    var samples: [ByteSlice] = []
    for (index, algorithm) in ["uniform", "list", "tree", "straw", "straw2"].enumerated() {
      let shape = CrushText.Shape(
        seed: UInt64(90 + index), algorithms: [algorithm, algorithm, algorithm],
        tunables: .argonaut, chooseArgumentPools: [0])
      let source = try folder.write(Array(CrushText(shape).text.utf8), as: "map.txt")
      try StockTool.crushtool.get().run(
        ["-c", source, "-o", folder.path("map"), "--enable-unsafe-tunables"], in: folder)
      samples.append(ByteSlice(try folder.read("map")))
    }
    let rules = try CrushMap(wire: samples[4]).rules
    let weights = [UInt32](repeating: 0x10000, count: 40)
    let tree = DecoderTorture("CrushMap") { (bytes) throws(DecodeError) in
      var map = try CrushMap(wire: bytes)
      map.tunables = .legacy
      map.rules = rules
      let mapper = CrushMapper(map)
      for rule in rules.indices {
        for input in 0..<4 {
          let found = mapper.run(
            rule: rule, input: UInt32(input), count: 6, weights: weights, pool: 0)
          precondition(found.count <= 6, "CRUSH: \(found.count) devices for 6 places")
        }
      }
    }
    tree.mutate(samples, count: 3000)
  }

  /// The sample with its checksum set right, if its envelopes still say where that stands.
  private static func withChecksum(_ bytes: ByteSlice) -> ByteSlice {
    var sample = bytes.array
    var position = 6
    for _ in 0..<2 {
      guard position + 6 <= sample.count else { return bytes }
      let length = sample[position + 2..<position + 6].reversed().reduce(0) { $0 << 8 | Int($1) }
      guard length < sample.count else { return bytes }
      position += 6 + length
    }
    guard position + 4 <= sample.count else { return bytes }
    let front = CRC32C.checksum(ByteSlice(sample[..<position]), seed: .max)
    let checksum = CRC32C.checksum(ByteSlice(sample[(position + 4)...]), seed: front)
    for index in 0..<4 {
      sample[position + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index)))
    }
    return ByteSlice(sample)
  }
}
