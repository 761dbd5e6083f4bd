import Base
import Buffers
import Messages
import ObjectStores
import OpExecution
import Peering
import RadosTypes

/// The way of a client's op through its PG: steps 6 to 12 of Docs/OpPath.md.
extension PG {
  /// An op arrives, or comes again after it had to wait.
  func enter(_ op: ClientOp) {
    // What comes here at once was queued just now.
    let now = op.hasWaited ? reactor.clock.now : op.queued
    op.reachedPG = now
    op.note(.reachedPG, at: now)
    shard.admit(op)
    if discards(op) { return shard.finish(op) }  // 6
    guard peering.isActive, !isDeleting else { return wait(op) }  // 7
    if !isPrimary { return enterReplica(op) }
    guard waitingForReadable.isEmpty, peering.mayServe(at: leaseTime) else {
      return waitReadable(op)
    }
    if let refusal = refusal(of: op) { return answer(op, refusal) }
    if op.kind.listsPG { return list(op) }
    if waitsForObject(op) { return }
    serve(op)
  }

  /// Takes the op's place at its object.
  func serve(_ op: ClientOp) {
    let context = context(of: op.head)
    if context.isUnreadable { return answer(op, .errno(Errno.EIO)) }
    if context.enter(op, at: reactor.clock) { run(op, context) }
  }

  private func wait(_ op: ClientOp) {
    if isDeleting { return waitForDeletion(op) }
    // Who leads the PG now will get it from the client.
    guard isAddressed(by: op) else { return shard.finish(op) }
    shard.release(op)
    op.note(.active, at: reactor.clock.now)
    waitingForActive.append(op)
  }

  /// This OSD may lead the PG again before its old copy is gone.
  private func waitForDeletion(_ op: ClientOp) {
    shard.release(op)
    op.note(.pg, at: reactor.clock.now)
    lateOps.append(op)
  }

  /// Another OSD may still serve what this interval has changed, or the other way round.
  private func waitReadable(_ op: ClientOp) {
    shard.release(op)
    op.note(.readable, at: reactor.clock.now)
    waitingForReadable.append(op)
  }

  func wakeReadable() { for op in waitingForReadable.takeAll() { enter(op) } }

  /// 8. The object has its turn for this op.
  func run(_ op: ClientOp, _ context: ObjectContext) {
    if waitsForScrub(op) { return }
    op.note(.started, at: reactor.clock.now)
    // Not before: the first of two may have waited here too. The index alone first: `find` is called on
    // a copy of the log.
    if op.kind.writes, log.index[op.reqID] != nil, let done = log.find(op.reqID) {
      return repeatReply(done, to: op)
    }
    if let refusal = refusal(of: op, context) {
      return answer(op, refusal, after: context.lastWrite)
    }
    var interpreter = OpInterpreter(  // 8
      ops: op.request.ops, state: context.state, object: stored(context.object),
      collection: collection.id, snapContext: snapContext(of: op), limits: settings.ops)
    var read = interpreter.run()
    while let asked = read,
      let answer = store.answerInMemory(asked, of: interpreter.object, in: collection)
    {
      interpreter.supply(answer)
      read = interpreter.run()
    }
    if let read {
      context.hold(op)
      readOn(op, context, interpreter, read)
    } else {
      conclude(op, context, &interpreter)
    }
  }

  /// Goes on with an op that has to see the store; those on the same object wait if they must.
  private func readOn(
    _ op: ClientOp, _ context: ObjectContext, _ interpreter: OpInterpreter, _ first: StoreRead
  ) {
    nonisolated(unsafe) let interpreter = interpreter
    nonisolated(unsafe) let (pg, context) = (self, context)
    let turn = context.turn
    Task.immediate(executorPreference: reactor) {
      var interpreter = interpreter
      var next: StoreRead? = first
      while let read = next {
        let answer = await pg.store.answer(read, of: interpreter.object, in: pg.collection)
        guard turn == context.turn else { return }
        interpreter.supply(answer)
        next = interpreter.run()
      }
      context.release(op)
      pg.writerLeft()
      pg.conclude(op, context, &interpreter)
      pg.wake(context)
    }
  }

  /// Lets those that wait at an object have their turns; one at a time, however fast they are.
  func wake(_ context: ObjectContext) {
    guard !context.isWaking else { return }
    context.isWaking = true
    defer { context.isWaking = false }
    context.beginCopies()
    while let op = context.next() { run(op, context) }
  }

  /// The ops have been carried out, as far as they could be.
  private func conclude(
    _ op: ClientOp, _ context: ObjectContext, _ interpreter: inout OpInterpreter
  ) {
    guard isPrimary || interpreter.damage == nil && isServable(context.object) else {
      return leaveToPrimary(op)
    }
    if let damage = interpreter.damage { return repair(context, damage, for: op) }
    if interpreter.result == -Errno.EAGAIN { return shard.finish(op) }
    guard op.kind.writes else { return replyToRead(op, context, interpreter) }
    if interpreter.result < 0 || !interpreter.isTouched {
      return logError(op, interpreter, result: interpreter.result)
    }
    if interpreter.needsClones { return logError(op, interpreter, result: -Errno.EOPNOTSUPP) }
    guard hasRoom(for: op, interpreter) else { return refuseFull(op, interpreter) }
    commit(op, context, &interpreter)  // 9, 10
  }

  private func hasRoom(for op: ClientOp, _ interpreter: OpInterpreter) -> Bool {
    let isForced = op.request.flags.contains(.fullForce)
    if interpreter.grows && pool.flags.contains(.full) && !isForced { return false }
    let bytes = op.request.dataCount
    guard interpreter.grows || bytes > 0 else { return true }
    return shard.takeRoom(bytes, upToFailsafe: isForced || !interpreter.grows)
  }

  /// Only who asked for it is told that the pool is full; others wait at home until it is not.
  private func refuseFull(_ op: ClientOp, _ interpreter: OpInterpreter) {
    guard op.request.flags.contains(.fullTry) else { return shard.finish(op) }
    let errno = pool.flags.contains(.fullQuota) ? Errno.EDQUOT : Errno.ENOSPC
    var reply = MOSDOpReply(
      to: op.request, ops: interpreter.ops, result: -errno, epoch: map.epoch,
      reached: [.ack, .onDisk])
    reply.setVersions(.zero, userVersion: 0)
    send(reply, to: op)
  }

  private func replyToRead(_ op: ClientOp, _ context: ObjectContext, _ interpreter: OpInterpreter) {
    let result = interpreter.result
    op.prepared = reactor.clock.now
    op.isCounted = result >= 0
    var reply = MOSDOpReply(
      to: op.request, ops: interpreter.ops, result: result, epoch: map.epoch,
      reached: [.ack, .onDisk])
    if result >= 0 {
      if isPrimary { info.stats.sum += interpreter.delta }
      hasNews = true
      for place in interpreter.ops.indices { op.bytesRead += interpreter.ops[place].outdata.count }
      reply.setVersions(.zero, userVersion: context.state.info.userVersion)
    } else if result == -Errno.ENOENT {
      reply.setAbsentVersions(info.lastUpdate, userVersion: info.lastUserVersion)
    }
    op.dataOffset = UInt16(truncatingIfNeeded: interpreter.dataOffset ?? 0)
    send(reply, to: op, after: context.lastWrite)
  }

  /// A request that was done before gets the same answer, once what it did is durable.
  private func repeatReply(_ done: PGLogDup, to op: ClientOp) {
    var reply = MOSDOpReply(
      to: op.request, ops: op.request.ops, result: done.returnCode, epoch: map.epoch,
      reached: op.request.flags.intersection([.ack, .onDisk]))
    reply.setVersions(done.version, userVersion: done.userVersion)
    if done.opReturns.count == reply.ops.count {
      for (index, returned) in done.opReturns.enumerated() {
        reply.ops[index].result = returned.result
        reply.ops[index].outdata = BufferList(returned.data.slice)
      }
    }
    op.reply = reply
    guard done.version > committed, let write = gathers.find(done.version) else {
      return sendReply(op)
    }
    op.note(.onDisk, at: reactor.clock.now)
    write.followers.append(op)
  }
}
