import Buffers
import RadosTypes
import Wire

/// This daemon's counters and complaints, to the manager.
///
/// Ceph: `MMgrReport` v9. Layout: `daemonName: string, declared: vector, packed: bufferlist, undeclared:
/// vector<string>, serviceName: string, status: optional map, health: vector, config: bufferlist,
/// reports: map, tasks: optional map, metrics: optional {kind: u32, payload: framed}`.
package struct MMgrReport: Message {
  /// Statistics that a query asked for; the payload is framed.
  package struct Metrics: Hashable, Sendable {
    package var kind: UInt32
    package var payload: ByteSlice
  }

  package var daemonName: String
  /// Counters not told of before in this session.
  package var declared: [PerfCounterType]
  /// Framed 1/1: the values of all declared counters, u64 each, in the order of their paths; averages
  /// have a sum and then their count twice.
  package var packed: ByteSlice
  package var undeclared: [String] = []
  package var serviceName = ""
  package var status: [String: String]?
  package var health: [DaemonHealthMetric] = []
  package var config = ByteSlice.empty
  package var tasks: [String: String]?
  /// An OSD with nothing to say sends an empty one all the same.
  package var metrics: Metrics? = Metrics(kind: 0, payload: Self.noMetrics)

  private static let noMetrics = ByteSlice([1, 1, 4, 0, 0, 0, 0, 0, 0, 0])

  package init(daemonName: String, declared: [PerfCounterType], packed: ByteSlice) {
    self.daemonName = daemonName
    self.declared = declared
    self.packed = packed
  }

  package static var type: MessageType { .mgrReport }
  package static var version: UInt16 { 9 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 9 else {
      throw .tooOld("\(Self.type)", version: UInt8(clamping: header.version))
    }
    daemonName = try front.readString()
    declared = try front.readArray()
    packed = try front.readBytes()
    undeclared = try front.readStrings()
    serviceName = try front.readString()
    status = try Self.readTexts(from: &front)
    health = try front.readArray()
    config = try front.readBytes()
    for _ in 0..<(try front.readCount(elementBytesMin: 12)) {
      _ = try front.readFrame()  // A query, then its report: from daemons before octopus.
      _ = try front.readFrame()
    }
    tasks = try Self.readTexts(from: &front)
    metrics = try front.readOptional { (reader) throws(DecodeError) in
      let kind = try reader.read(UInt32.self)
      return Metrics(kind: kind, payload: try reader.readFrame())
    }
  }

  private static func readTexts(
    from reader: inout WireReader
  ) throws(DecodeError) -> [String: String]? {
    try reader.readOptional { (reader) throws(DecodeError) in try reader.readStringMap() }
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(daemonName)
    writer.write(array: declared)
    writer.write(packed)
    writer.write(strings: undeclared)
    writer.write(serviceName)
    writer.write(optional: status) { writer, texts in writer.write(stringMap: texts) }
    writer.write(array: health)
    writer.write(config)
    writer.write(UInt32(0))
    writer.write(optional: tasks) { writer, texts in writer.write(stringMap: texts) }
    writer.write(optional: metrics) { writer, metrics in
      writer.write(metrics.kind)
      writer.writeRaw(metrics.payload)
    }
  }
}
