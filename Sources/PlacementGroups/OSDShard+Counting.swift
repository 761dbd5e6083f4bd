import Base
import Messages

/// What a shard counts of ops; on its reactor.
extension OSDShard {
  /// A client's op that did what it was sent for. Ceph: `PrimaryLogPG::log_op_stats`.
  func count(_ op: ClientOp, over now: Instant) {
    let latency = op.trace.began.nanoseconds(to: now)
    let process = op.reachedPG.nanoseconds(to: now)
    let prepare = op.reachedPG.nanoseconds(to: op.prepared)
    let (bytesIn, bytesOut) = (UInt64(op.bytesWritten), UInt64(op.bytesRead))
    perf.add(OpCounter.all)
    perf.add(OpCounter.inBytes, bytesIn)
    perf.add(OpCounter.outBytes, bytesOut)
    perf.sample(OpCounter.latency, latency)
    perf.sample(OpCounter.processLatency, process)
    perf.sample(OpCounter.prepareLatency, prepare)
    perf.sample(
      OpCounter.beforeQueueLatency, op.trace.began.nanoseconds(to: op.queued))
    perf.sample(
      OpCounter.beforeDequeueLatency, op.trace.began.nanoseconds(to: op.reachedPG))
    switch (op.kind.reads, op.kind.writes) {
    case (true, true):
      perf.add(OpCounter.both)
      perf.add(OpCounter.bothInBytes, bytesIn)
      perf.add(OpCounter.bothOutBytes, bytesOut)
      perf.sample(OpCounter.bothLatency, latency)
      perf.sample(OpCounter.bothProcessLatency, process)
      perf.sample(OpCounter.bothPrepareLatency, prepare)
      histograms.bothIn.count(x: latency, y: bytesIn)
      histograms.bothOut.count(x: latency, y: bytesOut)
    case (true, false):
      perf.add(OpCounter.reads)
      perf.add(OpCounter.readOutBytes, bytesOut)
      perf.sample(OpCounter.readLatency, latency)
      perf.sample(OpCounter.readProcessLatency, process)
      perf.sample(OpCounter.readPrepareLatency, prepare)
      histograms.reads.count(x: latency, y: bytesOut)
    default:
      perf.add(OpCounter.writes)
      perf.add(OpCounter.writeInBytes, bytesIn)
      perf.sample(OpCounter.writeLatency, latency)
      perf.sample(OpCounter.writeProcessLatency, process)
      perf.sample(OpCounter.writePrepareLatency, prepare)
      histograms.writes.count(x: latency, y: bytesIn)
    }
  }

  /// A primary's order has come.
  func track(_ order: MOSDRepOp, from osd: Int32, _ times: MessageTimes) -> SubOp {
    let now = reactor.clock.now
    let op = SubOp(order, from: osd, times, at: now)
    tracker.add(op)
    op.note(.queuedForPG, at: now)
    op.note(.reachedPG, at: now)
    return op
  }

  /// It is durable and has been answered, or is void: nil.
  func finish(_ op: SubOp, bytes: Int? = nil) {
    guard tracker.remove(op) else { return }
    let now = reactor.clock.now
    if let bytes {
      op.note(.committed, at: now)
      op.note(.commitSent, at: now)
      count(op, bytes: bytes, over: now)
    }
    tracker.end(op, at: now)
  }

  /// A primary's order is durable here. Ceph: `log_subop_stats`.
  func count(_ op: SubOp, bytes: Int, over now: Instant) {
    let latency = op.trace.began.nanoseconds(to: now)
    perf.add(OpCounter.subOps)
    perf.add(OpCounter.subOpInBytes, UInt64(bytes))
    perf.sample(OpCounter.subOpLatency, latency)
    perf.add(OpCounter.subOpWrites)
    perf.add(OpCounter.subOpWriteInBytes, UInt64(bytes))
    perf.sample(OpCounter.subOpWriteLatency, latency)
  }

  /// Sets what is counted by looking; before somebody reads.
  package func refreshGauges() {
    var primary: UInt64 = 0
    var replica: UInt64 = 0
    var removing: UInt64 = 0
    var gathers: UInt64 = 0
    for pg in pgs.values {
      if pg.isDeleting { removing += 1 }
      if pg.isPrimary { primary += 1 } else if pg.peering.isReplica { replica += 1 }
      gathers += UInt64(pg.gathers.count)
    }
    perf.set(OpCounter.pgs, UInt64(pgs.count))
    perf.set(OpCounter.pgsPrimary, primary)
    perf.set(OpCounter.pgsReplica, replica)
    perf.set(OpCounter.pgsStray, UInt64(pgs.count) - primary - replica)
    perf.set(OpCounter.pgsRemoving, removing)
    perf.set(OpCounter.wip, gathers)
  }
}

/// A shard's histograms, so that counting need not look them up.
struct OpHistograms {
  let reads: PerfHistogram
  let writes: PerfHistogram
  let bothIn: PerfHistogram
  let bothOut: PerfHistogram

  init(_ perf: PerfCounters) {
    func histogram(_ counter: Int) -> PerfHistogram {
      guard let found = perf.histograms[counter] else {
        preconditionFailure("\(perf.declarations[counter].name) is no histogram")
      }
      return found
    }
    reads = histogram(OpCounter.readHistogram)
    writes = histogram(OpCounter.writeHistogram)
    bothIn = histogram(OpCounter.bothInHistogram)
    bothOut = histogram(OpCounter.bothOutHistogram)
  }
}
