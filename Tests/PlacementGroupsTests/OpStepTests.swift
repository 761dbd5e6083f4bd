import Testing

@testable import PlacementGroups

/// Docs/Tracing.md.
@Suite struct OpStepTests {
  @Test func `steps have the numbers of the op's path`() {
    #expect(OpStep.allCases.map(\.rawValue) == Array(1...14))
    #expect(OpStep.message.rawValue == 3)
    #expect(OpStep.awaitActive.rawValue == 7)
    #expect(OpStep.reply.rawValue == 12)
  }

  @Test func `the events of an op begin its steps in order`() {
    let events: [OpEvent] = [
      .initiated, .throttled, .headerRead, .allRead, .dispatched, .queuedForPG, .reachedPG,
      .started, .waitingForCopies, .committed, .copyCommitted, .commitSent, .done,
    ]
    func steps(isReplica: Bool) -> [OpStep] {
      events.compactMap { $0.step(0, isReplica: isReplica)?.step }
    }
    let arrival: [OpStep] = [
      .socketReadable, .frame, .message, .dispatch, .shardQueue, .awaitActive,
    ]
    #expect(steps(isReplica: false) == arrival + [.interpret, .durable, .durable, .done])
    #expect(steps(isReplica: true) == arrival + [.store, .durable, .durable, .reply, .done])
  }

  @Test func `a copy is named by its place`() {
    #expect(OpEvent.committed.step(0, isReplica: false)?.detail == 0)
    #expect(OpEvent.copyCommitted.step(0, isReplica: false)?.detail == 1)
    #expect(OpEvent.copyCommitted.step(1, isReplica: false)?.detail == 2)
  }

  @Test(arguments: [
    (OpDelay.map, OpStep.awaitMap, 1), (.pg, .awaitActive, 2), (.active, .awaitActive, 3),
    (.readable, .awaitActive, 4), (.missingObject, .awaitActive, 5), (.scrub, .interpret, 6),
    (.cleanToRepair, .awaitActive, 7), (.locks, .interpret, 8), (.objectContext, .interpret, 9),
    (.onDisk, .commit, 10), (.commit, .commit, 11),
  ])
  func `who waits is in a step, and says for what`(delay: OpDelay, step: OpStep, detail: Int) {
    let found = OpEvent.delayed.step(delay.rawValue, isReplica: false)
    #expect(found?.step == step)
    #expect(found?.detail == UInt64(detail))
  }
}
