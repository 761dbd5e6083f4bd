import Buffers
import Messages
import Peering
import RadosTypes
import Wire

/// Messages and records to bytes and back.
enum CodecWorks {
  static let all: [(name: String, run: MicroBench.Work)] = [
    ("decode-osd-op", decodeRequest), ("encode-osd-op-reply", encodeReply),
    ("encode-log-entry", encodeLogEntry), ("encode-stored-entry", encodeStoredEntry),
    ("object-info", objectInfo),
  ]

  static let object = HObject(
    pool: 1, hash: 0x1234_5678, name: "benchmark_data_host_4711_object815")

  /// A client's write of 4 KiB.
  static let request: MOSDOp = {
    var write = OSDOp(.write, indata: BufferList(ByteSlice(zeros: 4096)))
    write.extent = OSDOp.Extent(offset: 0, length: 4096)
    return MOSDOp(
      pgID: ShardPGID(PGID(pool: 1, seed: 24)), object: object, ops: [write], epoch: 12,
      flags: [.ack, .onDisk], tid: 99)
  }()

  private static func decodeRequest(_ count: Int) throws {
    let message = RawMessage(encoding: request)
    for _ in 0..<count { use(try message.decode(MOSDOp.self)) }
  }

  private static func encodeReply(_ count: Int) throws {
    for number in 0..<count {
      var reply = MOSDOpReply(
        to: request, ops: request.ops, result: 0, epoch: 12, reached: [.ack, .onDisk])
      reply.setVersions(
        EVersion(epoch: 12, version: UInt64(number)), userVersion: UInt64(number))
      use(RawMessage(encoding: reply, tid: 99))
    }
  }

  private static func encodeLogEntry(_ count: Int) throws {
    for number in 0..<count {
      let entry = PGLogEntry(
        .modify, object, version: EVersion(epoch: 12, version: UInt64(number) + 1),
        priorVersion: EVersion(epoch: 12, version: UInt64(number)), userVersion: 1)
      var writer = WireWriter()
      writer.write(entry)
      use(writer.finish())
    }
  }

  /// As it is put into the PG's omap with each write.
  private static func encodeStoredEntry(_ count: Int) throws {
    var sum = ObjectStatSum()
    sum.bytes = 8 << 20
    sum.objects = 2
    sum.writes = 1000
    sum.writeKB = 4000
    sum.objectsDirty = 2
    for number in 1...UInt64(count) {
      var entry = PGLogEntry(
        .modify, object, version: EVersion(epoch: 12, version: number + 1),
        priorVersion: EVersion(epoch: 12, version: number),
        reqID: ReqID(name: EntityName(.client, 4711), tid: number), userVersion: number + 1)
      entry.modification = .unrollbackable
      entry.cleanRegions.markDirty(offset: 1 << 20, length: 4096)
      let progress = PGProgress(
        tail: .zero, lastUserVersion: number + 1, reportedSequence: 99, sum: sum)
      use(PGLogFormat.value(entry, progress))
    }
  }

  private static func objectInfo(_ count: Int) throws {
    var writer = WireWriter()
    writer.write(ObjectInfo(object))
    let bytes = writer.finish()
    for _ in 0..<count {
      var reader = WireReader(bytes)
      let info = try ObjectInfo(from: &reader)
      var again = WireWriter()
      again.write(info)
      use(again.finish())
    }
  }
}
