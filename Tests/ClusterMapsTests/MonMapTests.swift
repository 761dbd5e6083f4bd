import Buffers
import ClusterMaps
import RadosTypes
import TestKit
import Testing
import Wire

@Suite struct MonMapTests {
  @Test func `golden maps are read and written back byte for byte`() throws {
    let samples = GoldenSamples.valuesOrExcuse(of: "MonMap")
    for (name, bytes) in samples {
      #expect(try MonMap(wire: bytes).wire == bytes, "\(name)")
    }
    print("MonMap: \(samples.count) golden maps")
  }

  @Test func `a stock monitor's map tells who listens where`() throws {
    let bytes = try GoldenFiles.read("monmap")
    let map = try MonMap(wire: bytes)
    #expect(map.wire == bytes)
    #expect("\(map.clusterID)" == "0a78411e-b404-4772-9a00-08e59b89e90e")
    #expect(map.ranks == ["a"])
    let address = try #require(map.monitor(rank: 0)?.addresses)
    #expect("\(address)" == "[v2:127.0.0.1:21700/0,v1:127.0.0.1:21701/0]")
    #expect(map.rank(at: address.addresses[1]) == 0)
    #expect(map.minMonRelease == .pacific)
    #expect(map.monitor(rank: 1) == nil)
  }
}
