import Base

/// One counter, as Ceph's `perf dump` and `perf schema` have it.
extension JSONWriter {
  mutating func value(of declaration: PerfDeclaration, _ value: (sum: UInt64, count: UInt64)) {
    switch declaration.kind {
    case .gauge, .counter, .histogram: integer(declaration.name, value.sum)
    case .time: number(declaration.name, digits: Self.seconds(value.sum))
    case .average, .timeAverage:
      object(declaration.name) { json in
        json.integer("avgcount", value.count)
        guard declaration.kind.isTime else { return json.integer("sum", value.sum) }
        json.number("sum", digits: Self.seconds(value.sum))
        json.number(
          "avgtime", digits: Self.seconds(value.count == 0 ? 0 : value.sum / value.count))
      }
    }
  }

  /// Nanoseconds as seconds with nine decimals.
  private static func seconds(_ nanoseconds: UInt64) -> String {
    let fraction = String(1_000_000_000 + nanoseconds % 1_000_000_000).dropFirst()
    return "\(nanoseconds / 1_000_000_000).\(fraction)"
  }

  mutating func schema(of declaration: PerfDeclaration) {
    let kind = declaration.kind
    let valueType =
      kind == .histogram
      ? "integer-2d-histogram"
      : kind.isAverage
        ? (kind.isTime ? "real-integer-pair" : "integer-integer-pair")
        : kind.isTime ? "real" : "integer"
    object(declaration.name) { json in
      json.integer("type", kind.rawValue)
      json.string("metric_type", kind.isMonotonic ? "counter" : "gauge")
      json.string("value_type", valueType)
      json.string("description", declaration.description)
      json.string("nick", declaration.nick)
      json.integer("priority", declaration.priority)
      json.string("units", declaration.isBytes ? "bytes" : "none")
    }
  }

  /// Histograms of one name, added up.
  mutating func histogram(_ name: String, _ parts: [PerfHistogram]) {
    guard let axes = parts.first?.axes else { return }
    object(name) { json in
      json.array("axes") { json in
        json.axis(axes.x)
        json.axis(axes.y)
      }
      json.array("values") { json in
        for x in 0..<axes.x.buckets {
          json.array { json in
            for y in 0..<axes.y.buckets {
              json.integer(nil, parts.reduce(0) { $0 &+ $1[x, y] })
            }
          }
        }
      }
    }
  }

  private mutating func axis(_ axis: PerfHistogram.Axis) {
    object { json in
      json.string("name", axis.name)
      json.integer("min", 0)
      json.integer("quant_size", axis.quantum)
      json.integer("buckets", axis.buckets)
      json.string("scale_type", "log2")
      json.array("ranges") { json in
        for bucket in 0..<axis.buckets {
          let range = axis.range(bucket)
          json.object { json in
            if let least = range.least { json.integer("min", least) }
            if let greatest = range.greatest { json.integer("max", greatest) }
          }
        }
      }
    }
  }
}
