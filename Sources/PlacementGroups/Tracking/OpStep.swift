/// The steps of Docs/OpPath.md, as the probes of Docs/Tracing.md number them.
enum OpStep: UInt32, CaseIterable {
  case socketReadable = 1
  case frame, message, dispatch, shardQueue, awaitMap, awaitActive, interpret, replicate, store
  case commit, reply
  /// In step 11: a copy has it.
  case durable
  /// After step 12.
  case done
}

extension OpEvent {
  /// The step that the event begins, or goes on with while the op waits; the detail says for what, or which
  /// copy it is. Nil for what a probe of its own tells of (`TrackedOp.enter`), and what is not a step.
  func step(_ argument: UInt8, isReplica: Bool) -> (step: OpStep, detail: UInt64)? {
    switch self {
    case .initiated: (.socketReadable, 0)
    // At the same moment as the one above.
    case .throttled: nil
    case .headerRead: (.frame, 0)
    case .allRead: (.message, 0)
    case .dispatched: (.dispatch, 0)
    case .queuedForPG: (.shardQueue, 0)
    case .reachedPG: (.awaitActive, 0)
    case .delayed: OpDelay(rawValue: argument).map { ($0.step, UInt64(argument) + 1) }
    // A replica has nothing to interpret.
    case .started: (isReplica ? .store : .interpret, 0)
    // These steps began before the event: when the copies are told, and when the reply is made.
    case .waitingForCopies: nil
    case .commitSent: isReplica ? (.reply, 0) : nil
    case .committed: (.durable, 0)
    case .copyCommitted: (.durable, UInt64(argument) + 1)
    case .done: (.done, 0)
    }
  }
}

extension OpDelay {
  /// In which step an op is that waits for this.
  var step: OpStep {
    switch self {
    case .map: .awaitMap
    case .pg, .active, .readable, .missingObject, .cleanToRepair: .awaitActive
    case .scrub, .locks, .objectContext: .interpret
    case .onDisk, .commit: .commit
    }
  }
}
