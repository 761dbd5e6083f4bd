import Buffers
import RadosTypes
import Wire

/// A primary asks a replica to scrub a run of objects.
///
/// Ceph: `MOSDRepScrub` v9/6. Layout: pgID: pg_t, scrubFrom: eversion_t, scrubTo: eversion_t,
/// epoch: u32, isChunky: u8, start: hobject_t, end: hobject_t, isDeep: u8, shard: s8, 2^32 - 1:
/// u32, minEpoch: u32, allowsPreemption: u8, scrubPriority: u32, isHighPriority: u8.
package struct MOSDRepScrub: Message {
  package var pgID: ShardPGID
  package var scrubFrom: EVersion
  package var scrubTo: EVersion
  package var epoch: UInt32
  package var isChunky: Bool
  package var start: HObject
  package var end: HObject
  package var isDeep: Bool
  package var minEpoch: UInt32
  package var allowsPreemption: Bool
  package var scrubPriority: UInt32
  package var isHighPriority: Bool

  package init(
    pgID: ShardPGID, scrubFrom: EVersion, scrubTo: EVersion, epoch: UInt32, isChunky: Bool = true,
    start: HObject, end: HObject, isDeep: Bool, minEpoch: UInt32, allowsPreemption: Bool = false,
    scrubPriority: UInt32 = 0, isHighPriority: Bool = false
  ) {
    self.pgID = pgID
    self.scrubFrom = scrubFrom
    self.scrubTo = scrubTo
    self.epoch = epoch
    self.isChunky = isChunky
    self.start = start
    self.end = end
    self.isDeep = isDeep
    self.minEpoch = minEpoch
    self.allowsPreemption = allowsPreemption
    self.scrubPriority = scrubPriority
    self.isHighPriority = isHighPriority
  }

  package static var type: MessageType { .osdRepScrub }
  package static var version: UInt16 { 9 }
  package static var compatVersion: UInt16 { 6 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = ShardPGID(try front.read())
    scrubFrom = try front.read()
    scrubTo = try front.read()
    epoch = try front.read()
    isChunky = try front.readBool()
    start = try front.read()
    end = try front.read()
    isDeep = try front.readBool()
    pgID.shard = try front.read()
    try front.skip(4)
    minEpoch = header.version >= 7 ? try front.read() : epoch
    allowsPreemption = header.version >= 8 ? try front.readBool() : false
    scrubPriority = header.version >= 9 ? try front.read() : 0
    isHighPriority = header.version >= 9 ? try front.readBool() : false
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID.pgID)
    writer.write(scrubFrom)
    writer.write(scrubTo)
    writer.write(epoch)
    writer.write(isChunky)
    writer.write(start)
    writer.write(end)
    writer.write(isDeep)
    writer.write(pgID.shard)
    writer.write(UInt32.max)
    writer.write(minEpoch)
    writer.write(allowsPreemption)
    writer.write(scrubPriority)
    writer.write(isHighPriority)
  }
}
