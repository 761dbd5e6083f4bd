import Base

/// Writes CRUSH maps as text for `crushtool -c`: three levels over the devices, drawn from a seed.
struct CrushText {
  struct Shape {
    var seed: UInt64
    /// Of the hosts, the racks, the root.
    var algorithms: [String]
    var tunables: Tunables
    /// Pools that draw with weights of their own.
    var chooseArgumentPools: [Int] = []
  }

  /// Named as Ceph names its profiles.
  enum Tunables: String, CaseIterable {
    case argonaut, bobtail, firefly, hammer, jewel

    /// Local tries, local fallback tries, total tries, descend once, vary r, stable.
    var numbers: [Int] {
      switch self {
      case .argonaut: [2, 5, 19, 0, 0, 0]
      case .bobtail: [0, 0, 50, 1, 0, 0]
      case .firefly, .hammer: [0, 0, 50, 1, 1, 0]
      case .jewel: [0, 0, 50, 1, 1, 1]
      }
    }
  }

  private(set) var text = ""
  private(set) var deviceCount = 0
  private var random: SeededRandom
  private var nextID = -2
  private let shape: Shape
  private var argumentText = ""

  init(_ shape: Shape) {
    self.shape = shape
    random = SeededRandom(seed: shape.seed)
    let names = [
      "choose_local_tries", "choose_local_fallback_tries", "choose_total_tries",
      "chooseleaf_descend_once", "chooseleaf_vary_r", "chooseleaf_stable",
    ]
    for (name, value) in zip(names, shape.tunables.numbers) { text += "tunable \(name) \(value)\n" }
    text += "tunable straw_calc_version 1\ntunable allowed_bucket_algs 62\n"
    var tree = ""
    let racks = (0..<4).map { rack(Int($0), into: &tree) }
    for device in 0..<deviceCount {
      text += "device \(device) osd.\(device) class \(device % 3 == 0 ? "ssd" : "hdd")\n"
    }
    text += "type 0 osd\ntype 1 host\ntype 2 rack\ntype 3 root\n"
    text += tree
    text += bucket("root", "default", id: -1, shape.algorithms[2], racks)
    let broken = shape.algorithms.contains { $0 == "uniform" || $0 == "tree" }
    text += Self.rules(classes: !broken)
    for pool in shape.chooseArgumentPools {
      text += "choose_args \(pool) {\n\(argumentText)}\n"
    }
  }

  private mutating func rack(_ number: Int, into tree: inout String) -> (String, Double) {
    let hosts = (0..<Int.random(in: 2...4, using: &random)).map { index in
      let name = "host\(number)-\(index)"
      let devices = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        defer { deviceCount += 1 }
        return ("osd.\(deviceCount)", weight())
      }
      tree += bucket("host", name, id: takeID(), shape.algorithms[0], devices)
      return (name, total(devices))
    }
    tree += bucket("rack", "rack\(number)", id: takeID(), shape.algorithms[1], hosts)
    return ("rack\(number)", total(hosts))
  }

  /// Uniform buckets want one weight for all. Where all weigh nothing, Ceph's tree buckets read beyond
  /// their items, which is nothing to compare with.
  private mutating func weight() -> Double {
    if shape.algorithms.contains("uniform") { return 1 }
    let least = shape.algorithms.contains("tree") ? 1 : 0
    return Double(Int.random(in: least...16, using: &random)) / 4
  }

  private func total(_ items: [(String, Double)]) -> Double { items.reduce(0) { $0 + $1.1 } }

  private mutating func takeID() -> Int {
    defer { nextID -= 1 }
    return nextID
  }

  private mutating func bucket(
    _ type: String, _ name: String, id: Int, _ algorithm: String, _ items: [(String, Double)]
  ) -> String {
    if algorithm == "straw2" { argue(id: id, count: items.count) }
    var text = "\(type) \(name) {\n id \(id)\n alg \(algorithm)\n hash 0\n"
    for (item, weight) in items {
      text += " item \(item) weight \(algorithm == "uniform" ? 1 : weight)\n"
    }
    return text + "}\n"
  }

  /// Weights for two positions, and now and then ids.
  private mutating func argue(id: Int, count: Int) {
    let rows = (0..<2).map { _ in
      "[ "
        + (0..<count).map { _ in "\(Double(Int.random(in: 0...12, using: &random)) / 4)" }
        .joined(separator: " ") + " ]"
    }
    argumentText += " {\n bucket_id \(id)\n weight_set [\n \(rows.joined(separator: "\n "))\n ]\n"
    if Int.random(in: 0..<3, using: &random) == 0 {
      let ids = (0..<count).map { "\(-1000 - 10 * id - $0)" }.joined(separator: " ")
      argumentText += " ids [ \(ids) ]\n"
    }
    argumentText += " }\n"
  }

  /// Uniform buckets have no classes, and the shadow trees of classes have weights of nothing.
  private static func rules(classes: Bool) -> String {
    let ssd = classes ? "step take default class ssd" : "step take default"
    let hdd = classes ? "step take default class hdd" : "step take default"
    return [
      rule(0, "replicated", "step take default", "step chooseleaf firstn 0 type host"),
      rule(1, "replicated", ssd, "step chooseleaf firstn 0 type rack"),
      rule(
        2, "erasure", "step set_chooseleaf_tries 5", "step set_choose_tries 100",
        "step take default",
        "step chooseleaf indep 0 type host"),
      rule(
        3, "erasure", hdd, "step choose indep 3 type rack",
        "step chooseleaf indep 2 type host"),
      rule(4, "replicated", "step take default", "step choose firstn 0 type osd"),
      rule(
        5, "replicated", "step take default", "step choose firstn 2 type rack",
        "step choose firstn 2 type host", "step choose firstn 1 type osd"),
      rule(
        6, "replicated", ssd, "step chooseleaf firstn 1 type host", "step emit",
        hdd, "step chooseleaf firstn -1 type host"),
      rule(
        7, "replicated", "step set_choose_local_tries 3", "step set_choose_local_fallback_tries 4",
        "step set_chooseleaf_vary_r 2", "step set_chooseleaf_stable 0", "step take default",
        "step chooseleaf firstn 0 type host"),
      rule(8, "erasure", "step take default", "step choose indep 0 type osd"),
    ].joined()
  }

  static let ruleCount = 9

  private static func rule(_ id: Int, _ type: String, _ steps: String...) -> String {
    "rule r\(id) {\n id \(id)\n type \(type)\n min_size 1\n max_size 20\n "
      + steps.joined(separator: "\n ") + "\n step emit\n}\n"
  }
}
