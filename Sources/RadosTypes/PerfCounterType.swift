import Wire

/// What a counter is, told to the manager once before its values.
///
/// Ceph: `PerfCounterType`. Layout: framed 3/1, `path, description, nick: string, kind: u8 (perf
/// counter bits), priority: u8, unit: u8 (0 bytes, 1 none)`.
package struct PerfCounterType: Hashable, Sendable {
  /// `section.counter`.
  package var path: String
  package var description: String
  package var nick: String
  package var kind: UInt8
  package var priority: UInt8
  package var unit: UInt8

  package init(
    path: String, description: String, nick: String, kind: UInt8, priority: UInt8, unit: UInt8
  ) {
    self.path = path
    self.description = description
    self.nick = nick
    self.kind = kind
    self.priority = priority
    self.unit = unit
  }
}

extension PerfCounterType: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("PerfCounterType", understands: 3) {
      (reader, version) throws(DecodeError) in
      let path = try reader.readString()
      let description = try reader.readString()
      let nick = try reader.readString()
      let kind = try reader.read(UInt8.self)
      let priority: UInt8 = version >= 2 ? try reader.read() : 5
      let unit: UInt8 = version >= 3 ? try reader.read() : 1
      return PerfCounterType(
        path: path, description: description, nick: nick, kind: kind, priority: priority, unit: unit
      )
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 3, compat: 1) { writer in
      writer.write(path)
      writer.write(description)
      writer.write(nick)
      writer.write(kind)
      writer.write(priority)
      writer.write(unit)
    }
  }
}

/// What a daemon complains of to the manager.
///
/// Ceph: `DaemonHealthMetric`. Layout: framed 1/1, `kind: u8 (0 slow ops, 1 PGs being created), value:
/// u64` (for slow ops: the count below, the age of the oldest in seconds above, 32 bits each).
package struct DaemonHealthMetric: Hashable, Sendable {
  package static let slowOps: UInt8 = 0
  package static let pendingCreations: UInt8 = 1

  package var kind: UInt8
  package var value: UInt64

  package init(kind: UInt8, value: UInt64) {
    self.kind = kind
    self.value = value
  }
}

extension DaemonHealthMetric: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("DaemonHealthMetric", understands: 1) {
      (reader, _) throws(DecodeError) in
      let kind = try reader.read(UInt8.self)
      return DaemonHealthMetric(kind: kind, value: try reader.read())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(kind)
      writer.write(value)
    }
  }
}
