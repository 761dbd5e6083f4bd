import Buffers
import RadosTypes
import Wire

/// The manager says how often and what to report.
///
/// Ceph: `MMgrConfigure` v4. Layout: `period, threshold: u32`, then queries for statistics of single
/// clients and images, which stay as they came.
package struct MMgrConfigure: Message {
  /// Seconds between reports.
  package var period: UInt32
  /// Counters of a lower priority are not wanted.
  package var threshold: UInt32
  /// Encoded `map` of queries, and an optional message about metrics.
  package var queries: ByteSlice

  package init(period: UInt32, threshold: UInt32) {
    self.period = period
    self.threshold = threshold
    queries = ByteSlice(zeros: 5)
  }

  package static var type: MessageType { .mgrConfigure }
  package static var version: UInt16 { 4 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    period = try front.read()
    threshold = header.version >= 2 ? try front.read() : 0
    queries = front.readRest()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(period)
    writer.write(threshold)
    writer.writeRaw(queries)
  }
}
