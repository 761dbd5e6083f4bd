import Buffers
import RadosTypes
import Wire

/// A primary grants its replicas time to serve reads.
///
/// Ceph: `MOSDPGLease`. Layout: epoch: u32, pgID: spg_t, lease: pg_lease_t.
package struct MOSDPGLease: Message {
  package var epoch: UInt32
  package var pgID: ShardPGID
  package var lease: PGLease

  package init(epoch: UInt32, pgID: ShardPGID, lease: PGLease) {
    self.epoch = epoch
    self.pgID = pgID
    self.lease = lease
  }

  package static var type: MessageType { .osdPGLease }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    epoch = try front.read()
    pgID = try front.read()
    lease = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(pgID)
    writer.write(lease)
  }
}
