import Buffers
import RadosTypes
import Wire

/// A replica has noted a lease.
///
/// Ceph: `MOSDPGLeaseAck`. Layout: epoch: u32, pgID: spg_t, ack: pg_lease_ack_t.
package struct MOSDPGLeaseAck: Message {
  package var epoch: UInt32
  package var pgID: ShardPGID
  package var ack: PGLeaseAck

  package init(epoch: UInt32, pgID: ShardPGID, ack: PGLeaseAck) {
    self.epoch = epoch
    self.pgID = pgID
    self.ack = ack
  }

  package static var type: MessageType { .osdPGLeaseAck }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    epoch = try front.read()
    pgID = try front.read()
    ack = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(pgID)
    writer.write(ack)
  }
}
