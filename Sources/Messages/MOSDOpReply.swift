import Buffers
import RadosTypes
import Wire

/// The answer to a client's request.
///
/// Ceph: `MOSDOpReply` v8/2. The ops' output bytes stand one after the other in the data segment.
package struct MOSDOpReply: Sendable {
  package var objectName: ByteString
  package var pgID: PGID
  /// The request's flags, with what has been reached instead of what was asked.
  package var flags: UInt64
  /// Of the whole: 0, a negative errno, or what the last op says.
  package var result: Int32
  /// What clients of old take for the version.
  package var badReplayVersion: EVersion
  package var epoch: UInt32
  package var ops: [OSDOp]
  package var retryAttempt: Int32
  /// The version of the write in the PG's log.
  package var replayVersion: EVersion
  package var userVersion: UInt64
  package var redirect: RequestRedirect?

  package init(
    objectName: ByteString, pgID: PGID, flags: UInt64, result: Int32, epoch: UInt32, ops: [OSDOp],
    retryAttempt: Int32
  ) {
    self.objectName = objectName
    self.pgID = pgID
    self.flags = flags
    self.result = result
    self.epoch = epoch
    self.ops = ops
    self.retryAttempt = retryAttempt
    badReplayVersion = .zero
    replayVersion = .zero
    userVersion = 0
  }

  /// To `request`, whose ops come back with `outdata` and results but without input. `reached` is what
  /// has been done: `.ack`, `.onDisk` or both.
  package init(
    to request: borrowing MOSDOp, ops: [OSDOp], result: Int32, epoch: UInt32,
    reached: RequestFlags
  ) {
    objectName = request.object.name
    pgID = request.pgID.pgID
    flags = UInt64(request.flags.subtracting(.allAcks).union(reached).rawValue)
    self.result = result
    self.epoch = epoch
    self.ops = ops
    retryAttempt = request.retryAttempt
    badReplayVersion = .zero
    replayVersion = .zero
    userVersion = 0
  }

  /// For writes and successful reads (`MOSDOpReply::set_reply_versions`).
  package mutating func setVersions(_ version: EVersion, userVersion: UInt64) {
    replayVersion = version
    self.userVersion = userVersion
    badReplayVersion = version
    if userVersion != 0 { badReplayVersion.version = userVersion }
  }

  /// A write's steps give nothing back unless asked to (`RETURNVEC`).
  package mutating func dropData() {
    guard hasData else { return }
    for index in ops.indices where !ops[index].outdata.isEmpty {
      ops[index].outdata = BufferList()
    }
  }

  private var hasData: Bool {
    let steps = ops.span
    return steps.indices.contains { !steps[$0].outdata.isEmpty }
  }

  /// For reads of what is not there (`set_enoent_reply_versions`).
  package mutating func setAbsentVersions(_ version: EVersion, userVersion: UInt64) {
    self.userVersion = userVersion
    badReplayVersion = version
  }
}

extension MOSDOpReply: Message {
  package static var type: MessageType { .osdOpReply }
  package static var version: UInt16 { 8 }
  package static var compatVersion: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 7 else {
      throw .tooOld("osd_op_reply", version: UInt8(clamping: header.version))
    }
    objectName = try front.readByteString()
    pgID = try front.read()
    flags = try front.read()
    result = try front.read()
    badReplayVersion = try front.read()
    epoch = try front.read()
    let count = Int(try front.read(UInt32.self))
    ops = try OSDOp.readVector(count: count, from: &front, data: data)
    retryAttempt = try front.read()
    for index in ops.indices {
      ops[index].result = try front.read()
      ops[index].outdata = ops[index].indata
      ops[index].indata = BufferList()
    }
    replayVersion = try front.read()
    userVersion = try front.read()
    redirect = try front.readOptional { (reader) throws(DecodeError) in
      try RequestRedirect(from: &reader)
    }
    if header.version >= 8 { try front.skip(BlkinTrace.byteCount) }
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(objectName)
    writer.write(pgID)
    writer.write(flags)
    writer.write(result)
    writer.write(badReplayVersion)
    writer.write(epoch)
    writer.write(UInt32(ops.count))
    OSDOp.encode(ops, isReply: true, into: &writer)
    writer.write(retryAttempt)
    let steps = ops.span
    for place in steps.indices { writer.write(steps[place].result) }
    writer.write(replayVersion)
    writer.write(userVersion)
    writer.write(redirect != nil)
    if let redirect { writer.write(redirect) }
    writer.writeZeros(BlkinTrace.byteCount)
  }

  package var data: BufferList {
    var list = BufferList()
    for index in ops.indices where !ops[index].outdata.isEmpty { list.append(ops[index].outdata) }
    return list
  }
}

/// Where a client is to go instead. Ceph: `request_redirect_t`.
///
/// Layout: framed 1/1, `locator, name: string, 0: u32`.
package struct RequestRedirect: Hashable, Sendable {
  package var locator: ObjectLocator
  package var objectName: ByteString

  package init(locator: ObjectLocator, objectName: ByteString) {
    self.locator = locator
    self.objectName = objectName
  }
}

extension RequestRedirect: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("request_redirect_t", understands: 1) {
      (reader, _) throws(DecodeError) in
      let locator = try reader.read(ObjectLocator.self)
      return RequestRedirect(locator: locator, objectName: try reader.readByteString())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(locator)
      writer.write(objectName)
      writer.write(UInt32(0))
    }
  }
}
