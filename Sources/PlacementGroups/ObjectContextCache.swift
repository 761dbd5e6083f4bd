import Base
import OpExecution
import RadosTypes

/// A PG's object contexts: those in use, and some that may be used again.
///
/// Found by the object's hash, which the client has computed from its name; those of the same hash form
/// a chain. Which to drop goes by second chance: a queue in order of making, in which those used since
/// pass. An object has one context as long as somebody uses it. Confined to the PG's reactor.
struct ObjectContextCache {
  private var chains: [UInt32: ObjectContext] = [:]
  private var queue = Fifo<ObjectContext>()
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }
  var all: some Sequence<ObjectContext> {
    chains.values.lazy.flatMap { sequence(first: $0) { $0.nextOfHash } }
  }

  func find(_ object: HObject) -> ObjectContext? {
    var next = chains[object.hash]
    while let context = next {
      if context.object == object { return context }
      next = context.nextOfHash
    }
    return nil
  }

  /// A context for an object that has none.
  mutating func make(_ object: HObject, _ state: ObjectState?) -> ObjectContext {
    let context = ObjectContext(object, state)
    context.nextOfHash = chains.updateValue(context, forKey: object.hash)
    queue.append(context)
    count += 1
    return context
  }

  /// Looks at a few contexts, and drops those unused, while there are more than `most`.
  mutating func shrink(to most: Int) {
    var left = min(queue.count, 4)
    while count > most, left > 0, let context = queue.popFirst() {
      left -= 1
      if context.isRecent || !context.isIdle {
        context.isRecent = false
        queue.append(context)
      } else {
        unlink(context)
      }
    }
  }

  /// Drops all that nobody uses.
  mutating func dropUnused() {
    for _ in 0..<queue.count / 2 + 2 { shrink(to: 0) }
  }

  private mutating func unlink(_ context: ObjectContext) {
    count -= 1
    let hash = context.object.hash
    guard let first = chains[hash], first !== context else {
      chains[hash] = context.nextOfHash
      return
    }
    var before = first
    while let next = before.nextOfHash, next !== context { before = next }
    before.nextOfHash = context.nextOfHash
  }

  mutating func removeAll() { self = ObjectContextCache() }
}
