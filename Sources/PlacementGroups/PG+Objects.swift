import Buffers
import ObjectStores
import OpExecution
import RadosTypes
import Wire

/// Object contexts: made at an op's arrival, filled from the store.
extension PG {
  /// The context of a head; if it is new, the store is asked and ops on it wait in its queue.
  func context(of head: HObject) -> ObjectContext {
    shard.perf.add(OpCounter.contextLookups)
    if let context = contexts.find(head) {
      if context.isUnknown { ask(context) } else { shard.perf.add(OpCounter.contextHits) }
      return context
    }
    contexts.shrink(to: shard.contextsPerPG)
    guard let known = store.attributesInMemory(of: stored(head), in: collection) else {
      let context = contexts.make(head, nil)
      load(context)
      return context
    }
    let state = state(of: head, known)
    let context = contexts.make(head, state)
    if state == nil { refuseUnreadable(context) }
    return context
  }

  /// Of an object whose context was there before.
  private func ask(_ context: ObjectContext) {
    guard let known = store.attributesInMemory(of: stored(context.object), in: collection) else {
      return load(context)
    }
    didLoad(context, state(of: context.object, known))
  }

  private func load(_ context: ObjectContext) {
    nonisolated(unsafe) let (pg, context) = (self, context)
    let turn = context.turn
    context.knowledge = .asked
    Task.immediate(executorPreference: reactor) {
      let state = await pg.load(context.object)
      if turn == context.turn { pg.didLoad(context, state) }
    }
  }

  private func didLoad(_ context: ObjectContext, _ state: ObjectState?) {
    guard let state else { return refuseUnreadable(context) }
    context.state = state
    context.knowledge = .loaded
    wake(context)
  }

  /// The object is not what its context says any more, or a copy has turned out to lack it: ops at it
  /// start over, ahead of those that came later and wait for it to be copied.
  func startOver(at object: HObject) {
    guard let context = contexts.find(object) else { return }
    let ops = context.reset()
    context.giveUpCopies()
    guard !ops.isEmpty else { return }
    let later = waitingForObject.removeValue(forKey: object) ?? []
    for op in ops + later { enter(op) }
    writerLeft()
  }

  /// nil: what the store has of it cannot be understood.
  func load(_ object: HObject) async -> ObjectState? {
    let known: Result<[NamedValue], StoreError>
    do throws(StoreError) {
      known = .success(try await store.attributes(of: stored(object), in: collection))
    } catch {
      known = .failure(error)
    }
    return state(of: object, known)
  }

  private func state(of object: HObject, _ known: Result<[NamedValue], StoreError>) -> ObjectState?
  {
    switch known {
    case .success(let values): return state(of: object, from: values)
    case .failure(let error):
      if error.isAbsent { return ObjectState(absent: object) }
      shard.log.error(.osd, self, "cannot read what is known of \(object): \(error)")
      return nil
    }
  }

  private func state(of object: HObject, from values: [NamedValue]) -> ObjectState? {
    func value(_ name: ByteString) -> ByteSlice? { values.first { $0.name == name }?.value }
    do throws(DecodeError) {
      guard let info = value(ObjectState.infoAttribute) else {
        throw .invalid("object without info")
      }
      let snapSet = try value(ObjectState.snapSetAttribute).map { (bytes) throws(DecodeError) in
        try SnapSet(wire: bytes)
      }
      return ObjectState(info: try ObjectInfo(wire: info), snapSet: snapSet ?? SnapSet())
    } catch {
      shard.log.error(.osd, self, "what is known of \(object) is damaged: \(error)")
      return nil
    }
  }

  /// Ops on an object that cannot be read get EIO; the next one asks again.
  private func refuseUnreadable(_ context: ObjectContext) {
    context.knowledge = .unreadable
    context.giveUpCopies()
    for op in context.takeWaiting() { answer(op, .errno(Errno.EIO)) }
  }
}
