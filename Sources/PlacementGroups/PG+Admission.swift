import Base
import Messages
import OpExecution
import RadosTypes

/// What keeps an op from being carried out. Order and codes: `PrimaryLogPG::do_op`.
extension PG {
  /// Whether the client will send it again, or does not wait for it (`PG::can_discard_op`).
  func discards(_ op: ClientOp) -> Bool {
    guard op.source.isOpen else { return true }
    let epoch = op.request.epoch
    if epoch < info.history.samePrimarySince { return true }
    // What went to a replica is sent again in every interval.
    if op.mayGoToReplica, !isPrimary, epoch < info.history.sameIntervalSince { return true }
    guard op.source.features.contains(.resendOnSplit) else { return false }
    let resend =
      op.source.features.contains(.serverNautilus)
      ? pool.lastForceOpResend : pool.lastForceOpResendPrenautilus
    return epoch < resend || epoch < info.history.lastEpochSplit
  }

  /// What an op is answered without a look at its object; `.drop` is no answer at all.
  enum Refusal {
    case drop
    /// A positive errno.
    case errno(Int32)
    /// The same for what stock finds out when it carries the op out: the reply says ack and on disk.
    case failed(Int32)
  }

  func refusal(of op: ClientOp) -> Refusal? {
    let request = op.request
    guard id.pgID.contains(hash: op.head.hash, bits: splitBits) else { return .drop }
    if request.flags.contains(.parallelExec) { return .errno(Errno.EINVAL) }
    if op.kind.callsClass, let errno = ObjectClasses.refusal(of: request.ops) {
      return .errno(errno)
    }
    if op.kind.isNothing || request.ops.isEmpty { return .errno(Errno.EINVAL) }
    guard isAddressed(by: op) else { return .drop }
    if !allows(op) { return .errno(Errno.EPERM) }
    if op.kind.listsPG { return nil }
    if let errno = nameError(op) { return .errno(errno) }
    if map.isBlocked(op.source.peerAddress) { return .errno(Errno.EBLOCKLISTED) }
    if op.kind.isWriteOrdered, isHeldByFullness(op) { return .drop }
    if op.kind.writes {
      if !request.object.isHead { return .errno(Errno.EINVAL) }
      if request.dataCount > settings.ops.writeBytesMax || bringsTooMuchMetadata(request) {
        return .errno(Errno.EMSGSIZE)
      }
    }
    let asksDirectory = request.object.snap == .directory
    for place in request.ops.indices
    where (request.ops[place].rawCode == OpCode.listSnaps.rawValue) != asksDirectory {
      return .errno(Errno.EINVAL)
    }
    return nil
  }

  /// Stock does not ask: RocksDB's log takes what comes.
  private func bringsTooMuchMetadata(_ request: MOSDOp) -> Bool {
    let count = request.metadataCount
    return count > Self.metadataAlwaysTaken && count > store.metadataBytesMax
  }

  /// Less than any store's limit.
  private static let metadataAlwaysTaken = 64 << 10

  private func allows(_ op: ClientOp) -> Bool {
    if op.source.allowsAll { return true }
    let object = op.request.object
    return op.source.allows(
      CapabilityRequest(
        pool: id.pool, poolName: map.poolName(id.pool) ?? "",
        applications: pool.details.applications, namespace: object.namespace,
        object: object.effectiveKey, reads: op.kind.reads, writes: op.kind.writes))
  }

  private func nameError(_ op: ClientOp) -> Int32? {
    let object = op.request.object
    let limits = settings.ops
    if object.name.count > limits.nameBytesMax || object.key.count > limits.nameBytesMax
      || object.namespace.count > limits.namespaceBytesMax
    {
      return Errno.ENAMETOOLONG
    }
    return object.name.isEmpty ? Errno.EINVAL : nil
  }

  /// Sent before the pool was full: the client knows by now and waits. Past the failsafe: nothing is
  /// written, so that the OSD can start again.
  private func isHeldByFullness(_ op: ClientOp) -> Bool {
    let flags = op.request.flags
    if op.request.epoch < info.history.lastEpochMarkedFull, op.source.peer.type != .metadata,
      flags.isDisjoint(with: [.fullTry, .fullForce])
    {
      return true
    }
    return shard.isPastFailsafe && !flags.contains(.fullTry)
  }

  /// What its object, as it is, says to an op.
  func refusal(of op: ClientOp, _ context: ObjectContext) -> Refusal? {
    guard op.kind.writes else { return refusal(ofReadAt: op.request.object.snap, context.state) }
    let newest = context.state.snapSet.sequence
    let snaps = snapContext(of: op)
    if op.request.flags.contains(.orderSnap), snaps.sequence < newest {
      return .errno(Errno.oldSnapContext)
    }
    return snaps.isValid ? nil : .failed(Errno.EINVAL)
  }

  private func refusal(ofReadAt snap: SnapID, _ state: ObjectState) -> Refusal? {
    if snap == .directory { return state.exists ? nil : .errno(Errno.ENOENT) }
    if snap != .head {
      // The oldest clone that is not older may hold it: clones cannot be read yet.
      if let clone = state.snapSet.clones.last, snap <= clone { return .failed(Errno.EOPNOTSUPP) }
      // A snapshot is what the head is, if it was taken after the last change.
      if snap <= state.snapSet.sequence { return .errno(Errno.ENOENT) }
    }
    return state.isVisible ? nil : .errno(Errno.ENOENT)
  }

  /// The snapshots that a write must preserve: the client's, or the pool's own.
  func snapContext(of op: ClientOp) -> SnapContext {
    if pool.flags.contains(.poolSnaps), !op.request.flags.contains(.enforceSnapContext) {
      return pool.snapContext
    }
    var context = op.request.snapContext
    // Snapshots that are being removed need nothing preserved (`filter_snapc`).
    if !context.snaps.isEmpty, let removed = map.contents.removedSnapsQueue[id.pool] {
      context.snaps.removeAll { removed.contains($0.rawValue) }
    }
    return context
  }

  /// Ceph: `reply_op_error`. `write`: what the refusal comes of, if that is not durable.
  func answer(_ op: ClientOp, _ refusal: Refusal, after write: ClientOp? = nil) {
    let errno: Int32
    var reached = op.request.flags.intersection([.ack, .onDisk])
    switch refusal {
    case .drop: return shard.finish(op)
    case .errno(let number): errno = number
    case .failed(let number):
      errno = number
      reached = [.ack, .onDisk]
    }
    send(
      MOSDOpReply(
        to: op.request, ops: op.request.ops, result: -errno, epoch: map.epoch,
        reached: reached),
      to: op, after: write)
  }
}

extension Errno {
  /// `EOLDSNAPC`: the client's snapshots are older than the object's (Linux' ERESTART).
  static let oldSnapContext: Int32 = 85
}

extension MOSDOp {
  /// Bytes that the ops bring.
  var dataCount: Int {
    var count = 0
    let steps = ops.span
    for place in steps.indices { count += steps[place].indata.count }
    return count
  }

  /// Of those, what may become attributes or omap.
  var metadataCount: Int {
    var count = 0
    let steps = ops.span
    for place in steps.indices {
      switch OpCode(rawValue: steps[place].rawCode) {
      case .write, .writeFull, .append, .writeSame, .tmapPut, .compareExtent: break
      default: count += steps[place].indata.count
      }
    }
    return count
  }
}
