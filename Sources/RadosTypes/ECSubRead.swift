import Buffers
import Wire

/// Asks a shard of an erasure-coded object for bytes and attributes.
///
/// Ceph: `ECSubRead`. Layout: framed 3/2, `from: pg_shard_t, tid: u64, toRead: map<hobject_t,
/// list<{offset, length: u64, flags: u32}>>, attributesToRead: set<hobject_t>, subchunks:
/// map<hobject_t, vector<{s32, s32}>>`.
package struct ECSubRead: Hashable, Sendable {
  package struct Extent: Hashable, Sendable {
    package var offset: UInt64
    package var length: UInt64
    /// Advice, as ops have it.
    package var flags: UInt32

    package init(offset: UInt64, length: UInt64, flags: UInt32 = 0) {
      self.offset = offset
      self.length = length
      self.flags = flags
    }
  }

  /// Which of a chunk's equal parts are wanted: from which, and how many.
  package struct Subchunk: Hashable, Sendable {
    package var first: Int32
    package var count: Int32

    package init(first: Int32, count: Int32) {
      self.first = first
      self.count = count
    }
  }

  package var from: PGShard
  package var tid: UInt64
  package var toRead: [HObject: [Extent]] = [:]
  package var attributesToRead: Set<HObject> = []
  package var subchunks: [HObject: [Subchunk]] = [:]

  package init(from: PGShard, tid: UInt64) {
    self.from = from
    self.tid = tid
  }
}

extension ECSubRead.Extent: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    offset = try reader.read()
    length = try reader.read()
    flags = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(offset)
    writer.write(length)
    writer.write(flags)
  }
}

extension ECSubRead.Subchunk: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    first = try reader.read()
    count = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(first)
    writer.write(count)
  }
}

extension ECSubRead: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ECSubRead", understands: 3) {
      (reader, version) throws(DecodeError) in
      guard version >= 2 else { throw .tooOld("ECSubRead", version: version) }
      let from = try reader.read(PGShard.self)
      var read = ECSubRead(from: from, tid: try reader.read())
      read.toRead = try reader.readMap(
        { (reader) throws(DecodeError) in try HObject(from: &reader) },
        { (reader) throws(DecodeError) in try reader.readArray(of: Extent.self) })
      read.attributesToRead = try reader.readSet()
      guard version >= 3 else {
        read.subchunks = read.toRead.mapValues { _ in [Subchunk(first: 0, count: 1)] }
        return read
      }
      read.subchunks = try reader.readMap(
        { (reader) throws(DecodeError) in try HObject(from: &reader) },
        { (reader) throws(DecodeError) in try reader.readArray(of: Subchunk.self) })
      return read
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 3, compat: 2) { writer in
      writer.write(from)
      writer.write(tid)
      writer.write(map: toRead) { writer, object, extents in
        writer.write(object)
        writer.write(array: extents)
      }
      writer.write(set: attributesToRead)
      writer.write(map: subchunks) { writer, object, parts in
        writer.write(object)
        writer.write(array: parts)
      }
    }
  }
}

/// What a shard read.
///
/// Ceph: `ECSubReadReply`. Layout: framed 1/1, `from: pg_shard_t, tid: u64, buffers: map<hobject_t,
/// list<{u64, bufferlist}>>, attributes: map<hobject_t, map<string, bufferptr>>, errors:
/// map<hobject_t, s32>`.
package struct ECSubReadReply: Hashable, Sendable {
  package struct Buffer: Hashable, Sendable {
    package var offset: UInt64
    package var bytes: ByteSlice

    package init(offset: UInt64, bytes: ByteSlice) {
      self.offset = offset
      self.bytes = bytes
    }
  }

  package var from: PGShard
  package var tid: UInt64
  package var buffers: [HObject: [Buffer]] = [:]
  package var attributes: [HObject: [ByteString: ByteSlice]] = [:]
  package var errors: [HObject: Int32] = [:]

  package init(from: PGShard, tid: UInt64) {
    self.from = from
    self.tid = tid
  }
}

extension ECSubReadReply.Buffer: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    offset = try reader.read()
    bytes = try reader.readBytes()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(offset)
    writer.write(bytes)
  }
}

extension ECSubReadReply: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ECSubReadReply", understands: 1) {
      (reader, _) throws(DecodeError) in
      let from = try reader.read(PGShard.self)
      var reply = ECSubReadReply(from: from, tid: try reader.read())
      reply.buffers = try reader.readMap(
        { (reader) throws(DecodeError) in try HObject(from: &reader) },
        { (reader) throws(DecodeError) in try reader.readArray(of: Buffer.self) })
      reply.attributes = try reader.readMap(
        { (reader) throws(DecodeError) in try HObject(from: &reader) },
        { (reader) throws(DecodeError) in try reader.readByteMap() })
      reply.errors = try reader.readMap(
        { (reader) throws(DecodeError) in try HObject(from: &reader) },
        { (reader) throws(DecodeError) in try reader.read(Int32.self) })
      return reply
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(from)
      writer.write(tid)
      writer.write(map: buffers) { writer, object, list in
        writer.write(object)
        writer.write(array: list)
      }
      writer.write(map: attributes) { writer, object, values in
        writer.write(object)
        writer.write(byteMap: values)
      }
      writer.write(map: errors) { writer, object, code in
        writer.write(object)
        writer.write(code)
      }
    }
  }
}
