import Buffers
import RadosTypes
import Wire

/// Reports a peer that does not answer, or that answers again.
///
/// Ceph: `MOSDFailure` v4. Layout: paxos, fsid: uuid, target: s32, targetAddresses:
/// entity_addrvec_t, epoch: u32, flags: u8, failedFor: s32.
package struct MOSDFailure: Message {
  package var paxos: PaxosHeader
  package var fsid: UniqueID
  package var target: Int32
  /// As the map has them.
  package var targetAddresses: EntityAddresses
  package var epoch: UInt32
  /// 1 failed (else alive again), 2 at once: its port refused a connection.
  package var flags: UInt8
  /// Seconds.
  package var failedFor: Int32

  package init(
    paxos: PaxosHeader = PaxosHeader(), fsid: UniqueID, target: Int32,
    targetAddresses: EntityAddresses, epoch: UInt32, flags: UInt8, failedFor: Int32 = 0
  ) {
    self.paxos = paxos
    self.fsid = fsid
    self.target = target
    self.targetAddresses = targetAddresses
    self.epoch = epoch
    self.flags = flags
    self.failedFor = failedFor
  }

  package static var type: MessageType { .osdFailure }
  package static var version: UInt16 { 4 }
  package static var compatVersion: UInt16 { 4 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 4 else {
      throw .tooOld("\(Self.type)", version: UInt8(clamping: header.version))
    }
    paxos = try front.read()
    fsid = try front.read()
    target = try front.read()
    targetAddresses = try front.read()
    epoch = try front.read()
    flags = try front.read()
    failedFor = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(fsid)
    writer.write(target)
    writer.write(targetAddresses)
    writer.write(epoch)
    writer.write(flags)
    writer.write(failedFor)
  }
}
