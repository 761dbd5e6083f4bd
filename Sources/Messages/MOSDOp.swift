import Buffers
import RadosTypes
import Wire

/// A client's request: some ops on one object, done in order and as one.
///
/// Ceph: `MOSDOp` v8/3. The ops' input bytes stand one after the other in the data segment and stay
/// there: `indata` shares its slabs.
package struct MOSDOp: Sendable {
  package var pgID: ShardPGID
  /// The client's map.
  package var epoch: UInt32
  package var flags: RequestFlags
  /// None from librados: then it is made of the connection's peer, `tid` and `clientIncarnation`.
  package var reqID: ReqID
  package var clientIncarnation: UInt32
  package var mtime: UTime
  /// Its snap is the one to read; its hash comes from the client.
  package var object: HObject
  package var ops: [OSDOp]
  package var snapContext: SnapContext
  /// How often this was sent before; -1 from clients that do not count.
  package var retryAttempt: Int32
  package var features: Features
  /// The request's number, from the header.
  package var tid: UInt64

  package init(
    pgID: ShardPGID, object: HObject, ops: [OSDOp], epoch: UInt32, flags: RequestFlags,
    tid: UInt64 = 0, reqID: ReqID = .none, clientIncarnation: UInt32 = 0, mtime: UTime = .zero,
    snapContext: SnapContext = SnapContext(), retryAttempt: Int32 = 0,
    features: Features = .pacific
  ) {
    self.pgID = pgID
    self.epoch = epoch
    self.flags = flags
    self.reqID = reqID
    self.clientIncarnation = clientIncarnation
    self.mtime = mtime
    self.object = object
    self.ops = ops
    self.snapContext = snapContext
    self.retryAttempt = retryAttempt
    self.features = features
    self.tid = tid
  }

  package var locator: ObjectLocator {
    // What has no name is found by its hash (`MOSDOp::get_object_locator`).
    object.name.isEmpty
      ? ObjectLocator(pool: object.pool, namespace: object.namespace, hash: Int64(object.hash))
      : ObjectLocator(pool: object.pool, key: object.key, namespace: object.namespace)
  }
}

extension MOSDOp: Message {
  package static var type: MessageType { .osdOp }
  package static var version: UInt16 { 8 }
  package static var compatVersion: UInt16 { 3 }
  package static var priority: UInt16 { 63 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 7 else {
      throw .tooOld("osd_op", version: UInt8(clamping: header.version))
    }
    self = try Self.read(header, from: &front, data)
  }

  /// Made whole at the end: what an initializer that may fail puts together is copied out of it.
  private static func read(
    _ header: MessageHeader, from front: inout WireReader, _ data: BufferList
  ) throws(DecodeError) -> MOSDOp {
    let (pgID, hash) = try Self.readPlace(version: header.version, from: &front)
    let epoch = try front.read(UInt32.self)
    let flags = RequestFlags(rawValue: try front.read())
    if header.version == 7 { _ = try EVersion(from: &front) }
    let reqID = try front.read(ReqID.self)
    if header.version >= 8 { try front.skip(BlkinTrace.byteCount) }
    let incarnation = try front.read(UInt32.self)
    let mtime = try front.read(UTime.self)
    let locator = try front.read(ObjectLocator.self)
    let name = try front.readByteString()
    let ops = try OSDOp.readVector(
      count: Int(try front.read(UInt16.self)), from: &front, data: data)
    let object = HObject(
      pool: pgID.pool, hash: hash, name: name, key: locator.key, namespace: locator.namespace,
      snap: try front.read())
    let snapContext = try front.read(SnapContext.self)
    let retryAttempt = try front.read(Int32.self)
    return MOSDOp(
      pgID: pgID, object: object, ops: ops, epoch: epoch, flags: flags, tid: header.tid,
      reqID: reqID, clientIncarnation: incarnation, mtime: mtime, snapContext: snapContext,
      retryAttempt: retryAttempt, features: Features(rawValue: try front.read()))
  }

  private static func readPlace(
    version: UInt16, from front: inout WireReader
  ) throws(DecodeError) -> (ShardPGID, hash: UInt32) {
    if version >= 8 { return (try front.read(), try front.read()) }
    let id = ShardPGID(try front.read())
    return (id, id.pgID.seed)
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID)
    writer.write(object.hash)
    writer.write(epoch)
    writer.write(flags.rawValue)
    writer.write(reqID)
    writer.writeZeros(BlkinTrace.byteCount)
    writer.write(clientIncarnation)
    writer.write(mtime)
    writer.write(locator)
    writer.write(object.name)
    writer.write(UInt16(truncatingIfNeeded: ops.count))
    OSDOp.encode(ops, isReply: false, into: &writer)
    writer.write(object.snap)
    writer.write(snapContext)
    writer.write(retryAttempt)
    writer.write(features.rawValue)
  }

  package var data: BufferList {
    var list = BufferList()
    for index in ops.indices where !ops[index].indata.isEmpty { list.append(ops[index].indata) }
    return list
  }
}

/// 24 bytes for a tracer that this project has not: zero when sent, skipped when received.
enum BlkinTrace {
  static let byteCount = 24
}

extension OSDOp {
  /// The ops, each with its share of `data` as input.
  static func readVector(
    count: Int, from reader: inout WireReader, data: BufferList
  ) throws(DecodeError) -> [OSDOp] {
    guard count <= reader.remaining / wireByteCount else {
      throw .implausible("op count", UInt64(count))
    }
    var ops: [OSDOp] = []
    ops.reserveCapacity(count)
    var at = 0
    for place in 0..<count {
      var payload = 0
      ops.append(try OSDOp(from: &reader, payloadCount: &payload))
      if payload == 0 { continue }
      guard payload <= data.count - at else {
        throw .truncated(needed: payload, remaining: data.count - at)
      }
      ops[place].indata = data.sub(at, payload)
      at += payload
    }
    return ops
  }
}
