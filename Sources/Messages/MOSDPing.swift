import Buffers
import RadosTypes
import Wire

/// A heartbeat between OSDs, and its answer.
///
/// Ceph: `MOSDPing` v5/4. Layout: `fsid, epoch: u32, op: u8, stamp: utime_t, padding: u32, upFrom: u32,
/// monoPingStamp, monoSendStamp: s32 seconds and s32 nanoseconds, deltaBound: optional of the same`,
/// then `padding` zero bytes, so that networks which lose large packets are found out.
package struct MOSDPing: Message {
  package enum Op: UInt8, Sendable {
    case heartbeat = 0
    case startHeartbeat = 1
    case youDied = 2
    case stopHeartbeat = 3
    case ping = 4
    case pingReply = 5
  }

  package var fsid: UniqueID
  package var epoch: UInt32
  package var op: Op
  /// When the ping was sent, by its sender's clock; the reply has the ping's.
  package var stamp: UTime
  /// The same, and when this message was sent, on the senders' monotonic clocks.
  package var monoPingStamp: TimeSpan
  package var monoSendStamp: TimeSpan
  /// How far the receiver's clock may be ahead of the sender's, if that is known.
  package var deltaBound: TimeSpan?
  package var upFrom: UInt32
  package var paddingCount: UInt32

  /// The bytes before the padding's length; `osd heartbeat min size` counts from there.
  private static let fixedByteCount: UInt32 = 29

  package init(
    fsid: UniqueID, epoch: UInt32, op: Op, stamp: UTime, monoPingStamp: TimeSpan,
    monoSendStamp: TimeSpan, upFrom: UInt32, deltaBound: TimeSpan? = nil,
    byteCountMin: UInt32 = 2000
  ) {
    self.fsid = fsid
    self.epoch = epoch
    self.op = op
    self.stamp = stamp
    self.monoPingStamp = monoPingStamp
    self.monoSendStamp = monoSendStamp
    self.upFrom = upFrom
    self.deltaBound = deltaBound
    paddingCount = max(byteCountMin, Self.fixedByteCount) - Self.fixedByteCount
  }

  package static var type: MessageType { .osdPing }
  package static var version: UInt16 { 5 }
  package static var compatVersion: UInt16 { 4 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    fsid = try front.read()
    epoch = try front.read()
    let number = try front.read(UInt8.self)
    guard let op = Op(rawValue: number) else { throw .invalid("osd_ping operation \(number)") }
    self.op = op
    stamp = try front.read()
    paddingCount = try front.read()
    upFrom = 0
    monoPingStamp = .zero
    monoSendStamp = .zero
    if header.version >= 5 {
      upFrom = try front.read()
      monoPingStamp = try front.read()
      monoSendStamp = try front.read()
      deltaBound = try front.readOptional { (reader) throws(DecodeError) in
        try TimeSpan(from: &reader)
      }
    }
    try front.skip(Int(paddingCount))
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(fsid)
    writer.write(epoch)
    writer.write(op.rawValue)
    writer.write(stamp)
    writer.write(paddingCount)
    writer.write(upFrom)
    writer.write(monoPingStamp)
    writer.write(monoSendStamp)
    writer.write(optional: deltaBound) { writer, bound in writer.write(bound) }
    writer.writeZeros(Int(paddingCount))
  }
}
