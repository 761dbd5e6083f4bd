import Buffers
import RadosTypes
import Wire

/// A primary tells a replica the PG's information, or the other way round.
///
/// Ceph: `MOSDPGInfo2`. Layout: pgID: spg_t, epochSent: u32, minEpoch: u32, info: pg_info_t, lease:
/// optional pg_lease_t, leaseAck: optional pg_lease_ack_t.
package struct MOSDPGInfo2: Message {
  package var pgID: ShardPGID
  package var epochSent: UInt32
  package var minEpoch: UInt32
  package var info: PGInfo
  package var lease: PGLease?
  package var leaseAck: PGLeaseAck?

  package init(
    pgID: ShardPGID, epochSent: UInt32, minEpoch: UInt32, info: PGInfo, lease: PGLease? = nil,
    leaseAck: PGLeaseAck? = nil
  ) {
    self.pgID = pgID
    self.epochSent = epochSent
    self.minEpoch = minEpoch
    self.info = info
    self.lease = lease
    self.leaseAck = leaseAck
  }

  package static var type: MessageType { .osdPGInfo2 }
  package static var version: UInt16 { 1 }
  package static var priority: UInt16 { MessagePriority.high }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = try front.read()
    epochSent = try front.read()
    minEpoch = try front.read()
    info = try front.read()
    lease = try front.readOptional { (reader) throws(DecodeError) in
      try PGLease(from: &reader)
    }
    leaseAck = try front.readOptional { (reader) throws(DecodeError) in
      try PGLeaseAck(from: &reader)
    }
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID)
    writer.write(epochSent)
    writer.write(minEpoch)
    writer.write(info)
    writer.write(optional: lease) { writer, lease in writer.write(lease) }
    writer.write(optional: leaseAck) { writer, ack in writer.write(ack) }
  }
}
