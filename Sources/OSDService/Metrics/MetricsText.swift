import Base

/// Metrics in Prometheus's text format, named and typed as the manager's module `prometheus` has them.
///
/// Source: `src/pybind/mgr/prometheus/module.py`, `MgrModule._stattype_to_str`.
package struct MetricsText: Sendable {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  package enum Kind: String, Sendable { case counter, gauge, untyped }
  package typealias Label = (name: String, value: String)

  package private(set) var text = ""

  package init() {}

  /// One of `daemon`'s counters; an average is its sum and its count. The manager gives no histograms.
  package mutating func add(_ reading: PerfReading, of daemon: String) {
    let (path, about) = (reading.path, reading.declaration.description)
    let labels = [(name: "ceph_daemon", value: daemon)]
    func value(_ word: UInt64) -> Double {
      reading.declaration.kind.isTime ? Double(word) / 1e9 : Double(word)
    }
    switch reading.declaration.kind {
    case .histogram: break
    case .counter: add(path, .counter, about, labels, value(reading.value.sum))
    case .gauge, .time: add(path, .gauge, about, labels, value(reading.value.sum))
    case .average, .timeAverage:
      add(path + "_sum", .counter, about + " Total", labels, value(reading.value.sum))
      add(path + "_count", .counter, about + " Count", labels, Double(reading.value.count))
    }
  }

  package mutating func add(
    _ path: String, _ kind: Kind, _ about: String, _ labels: [Label], _ value: Double
  ) {
    let name = Self.name(of: path)
    let labels = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    text += "# HELP \(name) \(about)\n# TYPE \(name) \(kind.rawValue)\n"
    text += "\(name){\(labels)} \(value)\n"
  }

  /// `throttle-osd_client_bytes.val` is `ceph_throttle_osd_client_bytes_val`.
  static func name(of path: String) -> String {
    var name = "ceph_"
    var rest = Substring(path)
    while let character = rest.popFirst() {
      switch character {
      case ".", "/", " ": name += "_"
      case "+": name += "_plus"
      case "-": name += rest.isEmpty ? "_minus" : "_"
      case ":" where rest.first == ":":
        rest.removeFirst()
        name += "_"
      default: name.append(character)
      }
    }
    return name
  }

  private static func escaped(_ value: String) -> String {
    var escaped = ""
    for character in value {
      switch character {
      case "\n": escaped += "\\n"
      case "\\", "\"": escaped += "\\\(character)"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
