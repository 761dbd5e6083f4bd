import Buffers
import RadosTypes
import Wire

/// Maps of the cluster, as changes or whole, each encoded, by epoch.
///
/// Ceph: `MOSDMap` v4/3. Layout: `fsid, incrementals, fulls: map<u32, bufferlist>, oldest, newest: u32`,
/// and an empty map that octopus left. The bytes share the message's slab: copy what is kept.
package struct MOSDMap: Message {
  package var fsid: UniqueID
  package var incrementals: [UInt32: ByteSlice]
  package var fulls: [UInt32: ByteSlice]
  /// The epochs that the sender has.
  package var oldest: UInt32
  package var newest: UInt32

  package init(
    fsid: UniqueID, incrementals: [UInt32: ByteSlice] = [:], fulls: [UInt32: ByteSlice] = [:],
    oldest: UInt32, newest: UInt32
  ) {
    self.fsid = fsid
    self.incrementals = incrementals
    self.fulls = fulls
    self.oldest = oldest
    self.newest = newest
  }

  package static var type: MessageType { .osdMap }
  package static var version: UInt16 { 4 }
  package static var compatVersion: UInt16 { 3 }

  /// The epochs that the maps in here lead from and to.
  package var firstEpoch: UInt32? { (Array(incrementals.keys) + fulls.keys).min() }
  package var lastEpoch: UInt32? { (Array(incrementals.keys) + fulls.keys).max() }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 3 else {
      throw .tooOld("osd_map", version: UInt8(clamping: header.version))
    }
    fsid = try front.read()
    incrementals = try Self.readMaps(from: &front)
    fulls = try Self.readMaps(from: &front)
    oldest = try front.read()
    newest = try front.read()
    guard header.version >= 4 else { return }
    _ = try front.readMap(
      { (reader) throws(DecodeError) in try reader.read(Int64.self) },
      { (reader) throws(DecodeError) in try IntervalSet(from: &reader) })
  }

  private static func readMaps(
    from reader: inout WireReader
  ) throws(DecodeError) -> [UInt32: ByteSlice] {
    try reader.readMap(
      { (reader) throws(DecodeError) in try reader.read(UInt32.self) },
      { (reader) throws(DecodeError) in try reader.readBytes() })
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(fsid)
    for maps in [incrementals, fulls] {
      writer.write(map: maps) { writer, epoch, bytes in
        writer.write(epoch)
        writer.write(bytes)
      }
    }
    writer.write(oldest)
    writer.write(newest)
    writer.write(UInt32(0))
  }
}
