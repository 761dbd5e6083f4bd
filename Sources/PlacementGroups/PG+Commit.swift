import Base
import Buffers
import Messages
import ObjectStores
import OpExecution
import Peering
import RadosTypes

/// From what an op wants changed to a durable log entry and a reply: steps 9 to 12.
extension PG {
  /// 9. Takes a write that succeeded into the log and gives it to the store.
  func commit(_ op: ClientOp, _ context: ObjectContext, _ interpreter: inout OpInterpreter) {
    op.enter(.replicate, on: reactor)
    let wantsReturns = op.request.flags.contains(.returnVector)
    let result = wantsReturns ? boundedResult(&interpreter) : 0
    guard result >= 0 else { return replyToFailure(op, interpreter, result) }
    op.version = nextVersion
    let userVersion = interpreter.finish(
      WriteStamp(
        version: op.version, lastUserVersion: info.lastUserVersion, reqID: op.reqID,
        mtime: op.request.mtime, now: now))
    var entry = PGLogEntry(
      interpreter.state.exists ? .modify : .delete, context.object, version: op.version,
      priorVersion: interpreter.before.version, reqID: op.reqID, mtime: op.request.mtime,
      userVersion: userVersion, returnCode: result)
    entry.modification = .unrollbackable
    for run in interpreter.dirtyData.intervals {
      entry.cleanRegions.markDirty(offset: run.start, length: run.length)
    }
    if interpreter.isOmapDirty { entry.cleanRegions.markOmapDirty() }
    if wantsReturns { entry.opReturns = Self.returns(of: interpreter.ops) }

    // Nobody asks the interpreter for it any more.
    swap(&context.state, &interpreter.state)
    context.lastWrite = op

    op.bytesWritten = Int(interpreter.transaction.writeBytes)
    op.isCounted = true
    var reply = MOSDOpReply(
      to: op.request, ops: interpreter.ops, result: result, epoch: map.epoch,
      reached: [.ack, .onDisk])
    if !wantsReturns { reply.dropData() }
    reply.setVersions(op.version, userVersion: userVersion)
    op.reply = reply
    append(entry, delta: interpreter.delta)
    // Taken out, so that nothing of it is copied when the log's part is added.
    var change = Transaction()
    swap(&change, &interpreter.transaction)
    submit(op, entry, change)
  }

  /// With its results kept, a write may return only a little.
  private func boundedResult(_ interpreter: inout OpInterpreter) -> Int32 {
    let most = settings.ops.writeReplyBytesMax
    return interpreter.ops.contains { $0.outdata.count > most }
      ? -Errno.EOVERFLOW : interpreter.result
  }

  private func replyToFailure(_ op: ClientOp, _ interpreter: OpInterpreter, _ result: Int32) {
    var ops = interpreter.ops
    for index in ops.indices where ops[index].outdata.count > settings.ops.writeReplyBytesMax {
      ops[index].result = result
      ops[index].outdata = BufferList()
    }
    send(
      MOSDOpReply(
        to: op.request, ops: ops, result: result, epoch: map.epoch, reached: [.ack, .onDisk]),
      to: op)
  }

  private static func returns(of ops: [OSDOp]) -> [OpReturn] {
    ops.map { OpReturn(result: $0.result, data: ByteString($0.outdata.contiguous())) }
  }

  /// Logs a write that failed or changed nothing, so that its repetition gets the same answer
  /// (`record_write_error`).
  func logError(_ op: ClientOp, _ interpreter: OpInterpreter, result: Int32) {
    op.enter(.replicate, on: reactor)
    op.version = nextVersion
    var entry = PGLogEntry(
      .error, interpreter.object.object, version: op.version, priorVersion: .zero, reqID: op.reqID,
      returnCode: result)
    entry.modification = .unrollbackable
    if op.request.flags.contains(.returnVector) {
      entry.opReturns = Self.returns(of: interpreter.ops)
    }
    var reply = MOSDOpReply(
      to: op.request, ops: interpreter.ops, result: result, epoch: map.epoch,
      reached: [.ack, .onDisk])
    reply.setVersions(op.version, userVersion: interpreter.before.userVersion)
    if result == -Errno.ENOENT {
      reply.setAbsentVersions(info.lastUpdate, userVersion: info.lastUserVersion)
    }
    op.reply = reply
    append(entry, delta: result >= 0 ? interpreter.delta : ObjectStatSum())
    submit(op, entry, Transaction())
  }

  private func append(_ entry: PGLogEntry, delta: ObjectStatSum) {
    peering.append(entry)
    count(delta, for: entry.object)
    if scrub.machine.stage != .notActive { scrub.note(entry) }
  }

  /// 9, 10: the object's change goes to the replicas, and with the log's into the store.
  private func submit(_ op: ClientOp, _ entry: PGLogEntry, _ change: consuming Transaction) {
    let number = gathers.append(RepGather(op, replicas: replicas.count))
    peering.calculateTrimTo(target: shard.logTarget)
    if !replicas.isEmpty { replicate(change, entry, op, number) }  // 9
    var transaction = consume change
    if peering.trimTo > log.tail { trimLog(in: &transaction) }
    transaction.omapSet(
      meta, in: collection.id,
      [NamedValue(PGLogFormat.entryKey(entry.version), PGLogFormat.value(entry, progress))])
    op.prepared = reactor.clock.now
    op.enter(.store, on: reactor)
    nonisolated(unsafe) let pg = self
    let interval = interval
    store.queue(consume transaction, on: collection) {  // 10
      if interval == pg.interval { pg.committed(number, at: 0) }
    }
    op.enter(.commit, on: reactor)  // 11
  }

  /// What the record of an entry keeps beside it.
  var progress: PGProgress {
    PGProgress(
      tail: log.tail, lastUserVersion: info.lastUserVersion,
      reportedSequence: info.stats.reportedSequence, sum: info.stats.sum)
  }

  /// The tail stands in the entry's record, so that the information need not be written.
  private func trimLog(in transaction: inout Transaction) {
    peering.trimLog(to: peering.trimTo)
    writeMissing(peering.takeChanges().log.missing, into: &transaction)
    removeOldKeys(in: &transaction)
  }

  /// 11: a write is durable on the copy at this place of the gather.
  func committed(_ number: UInt64, at place: Int) {
    guard gathers.committed(number, at: place) else { return }
    gathers.op(number)?.noteCommit(at: place, reactor.clock.now)
    while let gather = gathers.popCommitted() { didCommit(gather) }
  }

  /// Durable everywhere, and so is all that was queued before it.
  private func didCommit(_ gather: RepGather) {
    committed = gather.version
    peering.completeWrite(gather.version, lastComplete: min(info.lastComplete, gather.version))
    if let op = gather.op { didCommit(op) }
    gather.then?(true)
  }

  private func didCommit(_ op: ClientOp) {
    if let context = contexts.find(op.head), context.lastWrite === op { context.lastWrite = nil }
    sendReply(op)
    for follower in op.followers { sendReply(follower) }
    op.followers = []
    scrubNoticesCommit()
  }

  /// 12
  func sendReply(_ op: ClientOp) {
    guard let reply = op.reply.take() else { return shard.finish(op) }
    send(reply, to: op)
  }

  /// What a write has done that is not durable yet is told when it is.
  func send(_ reply: MOSDOpReply, to op: ClientOp, after write: ClientOp?) {
    guard let write else { return send(reply, to: op) }
    op.reply = reply
    op.note(.commit, at: reactor.clock.now)
    write.followers.append(op)
  }

  func send(_ reply: MOSDOpReply, to op: ClientOp) {
    op.enter(.reply, on: reactor)
    op.source.reply(
      RawMessage(
        encoding: reply, tid: op.request.tid, dataOffset: op.dataOffset, pool: reactor.pool))
    op.isAnswered = true
    shard.finish(op)
  }
}
