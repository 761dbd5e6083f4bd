import Buffers
import ClusterMaps
import RadosTypes
import TestKit
import Testing
import Wire

@Suite struct CrushMapTests {
  @Test func `golden maps are read and written back byte for byte`() throws {
    let samples = GoldenSamples.valuesOrExcuse(of: "CrushWrapper")
    for (name, bytes) in samples {
      let map = try CrushMap(wire: bytes)
      #expect(map.encoded(features: .pacific) == bytes, "\(name)")
    }
    print("CrushMap: \(samples.count) golden maps")
  }

  @Test func `tunables that an old map lacks have the old meaning`() throws {
    let whole = CrushMap().encoded(features: .pacific)
    // Magic, three counts, three empty maps: what the oldest maps ended with.
    let map = try CrushMap(wire: whole.prefix(28))
    #expect(map.tunables == .legacy)
  }

  @Test func `a reader without choose_args is shown their weights as the buckets' own`() throws {
    var map = CrushMap()
    map.buckets = [
      CrushBucket(
        id: -1, type: 1, hash: 0, weight: 2, items: [0, 1], choice: .straw2(weights: [1, 1]))
    ]
    map.chooseArguments = [
      CrushMap.defaultChooseArguments: [0: CrushChooseArguments(positions: [[7, 9]])]
    ]
    let old = try CrushMap(wire: map.encoded(features: [.pgID64]))
    #expect(old.buckets[0]?.choice == .straw2(weights: [7, 9]))
    let new = try CrushMap(wire: map.encoded(features: .pacific))
    #expect(new == map)
  }

  @Test func `places in the tree are told from the device up, past shadow buckets`() throws {
    let shape = CrushText.Shape(
      seed: 5, algorithms: ["straw2", "straw2", "straw2"], tunables: .jewel)
    let folder = try ScratchFolder()
    let source = try folder.write(Array(CrushText(shape).text.utf8), as: "map.txt")
    try StockTool.crushtool.get().run(["-c", source, "-o", folder.path("map")], in: folder)
    let map = try CrushMap(wire: ByteSlice(folder.read("map")))
    let location = map.location(of: 0).map { "\($0.type)=\($0.name)" }
    #expect(location == ["host=host0-0", "rack=rack0", "root=default"])
    #expect(map.className(of: 0) == "ssd")
    #expect(map.className(of: 1) == "hdd")
  }
}
