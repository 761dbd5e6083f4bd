import Base
import Buffers
import ClusterMaps
import Foundation
import RadosTypes
import Testing

@Suite struct CrushMapperTests {
  static let shapes: [CrushText.Shape] = {
    let algorithms = ["uniform", "list", "tree", "straw", "straw2"]
    var shapes: [CrushText.Shape] = []
    for (index, algorithm) in algorithms.enumerated() {
      for tunables in CrushText.Tunables.allCases {
        shapes.append(
          CrushText.Shape(
            seed: UInt64(100 * index + shapes.count),
            algorithms: [algorithm, algorithm, algorithm],
            tunables: tunables))
      }
    }
    for tunables in CrushText.Tunables.allCases {
      shapes.append(
        CrushText.Shape(
          seed: UInt64(900 + shapes.count), algorithms: ["straw2", "straw2", "straw2"],
          tunables: tunables, chooseArgumentPools: [0]))
      shapes.append(
        CrushText.Shape(
          seed: UInt64(900 + shapes.count), algorithms: ["straw2", "list", "tree"],
          tunables: tunables))
    }
    return shapes
  }()

  @Test(arguments: shapes.indices)
  func `every rule of a map chooses what crushtool chooses`(index: Int) throws {
    let shape = Self.shapes[index]
    let folder = try ScratchFolder()
    let tool = try StockTool.crushtool.get()
    let text = CrushText(shape)
    let source = try folder.write(Array(text.text.utf8), as: "map.txt")
    let binary = folder.path("map")
    try tool.run(["-c", source, "-o", binary, "--enable-unsafe-tunables"], in: folder)

    let bytes = try folder.read("map")
    let map = try CrushMap(wire: ByteSlice(bytes))
    #expect(map.encoded(features: .pacific).array == bytes)

    let mapper = CrushMapper(map)
    var weights = [UInt32](repeating: 0x10000, count: text.deviceCount)
    var arguments = ["-i", binary, "--test", "--show-mappings", "--min-x", "0", "--max-x", "127"]
    for (device, weight) in [(1, 0.0), (2, 0.5), (5, 0.25)] where device < text.deviceCount {
      arguments += ["--weight", "\(device)", "\(weight)"]
      weights[device] = UInt32(weight * 0x10000)
    }
    var compared = 0
    for size in [1, 3, 6] {
      let output = try tool.run(arguments + ["--num-rep", "\(size)"], in: folder)
      for line in output.split(separator: "\n") where line.hasPrefix("CRUSH rule") {
        let wanted = try #require(Mapping(line))
        let found = mapper.run(
          rule: wanted.rule, input: UInt32(wanted.input), count: size, weights: weights, pool: 0)
        #expect(found == wanted.devices, "rule \(wanted.rule), input \(wanted.input), size \(size)")
        compared += 1
      }
    }
    #expect(compared == 3 * CrushText.ruleCount * 128)
  }

  @Test(arguments: ["uniform", "list", "tree", "straw", "straw2"])
  func `a map that crushtool builds by layers is read, written and run alike`(
    algorithm: String
  ) throws {
    let folder = try ScratchFolder()
    let tool = try StockTool.crushtool.get()
    let layers = ["host", algorithm, "4", "rack", algorithm, "3", "root", algorithm, "0"]
    let path = folder.path("map")
    try tool.run(["-o", path, "--build", "--num_osds", "36"] + layers, in: folder)
    let bytes = try folder.read("map")
    let map = try CrushMap(wire: ByteSlice(bytes))
    #expect(map.encoded(features: .pacific).array == bytes)
    let mapper = CrushMapper(map)
    let output = try tool.run(
      ["-i", path, "--test", "--show-mappings", "--rule", "0", "--num-rep", "3"], in: folder)
    let wanted = output.split(separator: "\n").filter { $0.hasPrefix("CRUSH rule") }
      .compactMap { Mapping($0) }
    #expect(wanted.count == 1024)
    for mapping in wanted {
      let found = mapper.run(
        rule: 0, input: UInt32(mapping.input), count: 3,
        weights: [UInt32](repeating: 0x10000, count: 36), pool: 0)
      #expect(found == mapping.devices, "\(mapping.input)")
    }
  }

  /// `CRUSH rule 0 x 17 [3,1,2]`
  private struct Mapping {
    var rule: Int
    var input: Int
    var devices: [Int32]

    init?(_ line: Substring) {
      let words = line.split(separator: " ")
      guard words.count == 6, let rule = Int(words[2]), let input = Int(words[4]) else {
        return nil
      }
      self.rule = rule
      self.input = input
      devices = words[5].dropFirst().dropLast().split(separator: ",").compactMap { Int32($0) }
    }
  }
}
