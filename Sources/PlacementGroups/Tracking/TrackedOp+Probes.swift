import Base
import CProbes
import Reactors

/// What tracers are told of an op: Docs/Tracing.md. As long as none listens, a look at one word.
extension TrackedOp {
  /// What the probes say of it beside the moment.
  struct Facts {
    var client: Int64
    var tid: UInt64
    var bytes: Int
    var writes: Bool
    var isReplica: Bool

    /// Bits 8 and 9 of the probes' detail.
    var bits: UInt64 { (writes ? 1 << 8 : 0) | (isReplica ? 1 << 9 : 0) }
  }

  @inline(__always)
  static var isTraced: Bool { CProbes_listens() != 0 }

  /// For a step that begins where no event is noted.
  @inline(__always)
  final func enter(_ step: OpStep, on reactor: Reactor) {
    if Self.isTraced { fire(step, at: reactor.clock.now) }
  }

  /// The steps up to dispatch, which were over when the op was made of its message.
  @inline(never)
  final func probeArrival() {
    for mark in trace.events { probe(mark.event, mark.argument, at: mark.at) }
  }

  @inline(never)
  final func probe(_ event: OpEvent, _ argument: UInt8, at now: Instant) {
    guard let found = event.step(argument, isReplica: facts.isReplica) else { return }
    fire(found.step, detail: found.detail, at: now)
  }

  @inline(never)
  final func fire(_ step: OpStep, detail: UInt64 = 0, at now: Instant) {
    let facts = facts
    var op = CProbes_Op(
      op: UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque())),
      client: facts.client, tid: facts.tid, at: now.nanoseconds,
      bytes: UInt64(clamping: facts.bytes), detail: detail | facts.bits)
    CProbes_fire(CProbes_Probe(rawValue: step.rawValue), &op)
  }
}
