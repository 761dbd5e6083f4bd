import Base
import RadosTypes

/// A PG's object contexts: those in use, and some that may be used again.
///
/// Which to drop goes by second chance: a queue in order of making, in which those used since pass.
/// Confined to the PG's reactor.
struct ObjectContextCache {
  private var contexts: [HObject: ObjectContext] = [:]
  private var queue = Fifo<ObjectContext>()

  var count: Int { contexts.count }
  var isEmpty: Bool { contexts.isEmpty }
  var all: some Sequence<ObjectContext> { contexts.values }

  func find(_ object: HObject) -> ObjectContext? { contexts[object] }

  mutating func make(_ object: HObject) -> ObjectContext {
    let context = ObjectContext(object)
    contexts[object] = context
    queue.append(context)
    return context
  }

  /// Looks at a few contexts, and drops those unused, while there are more than `most`.
  mutating func shrink(to most: Int) {
    var left = min(queue.count, 4)
    while contexts.count > most, left > 0, let context = queue.popFirst() {
      left -= 1
      guard let place = contexts.index(forKey: context.object),
        contexts[place].value === context
      else { continue }
      if context.isRecent || !context.isIdle {
        context.isRecent = false
        queue.append(context)
      } else {
        contexts.remove(at: place)
      }
    }
  }

  /// Drops all that nobody uses.
  mutating func dropUnused() {
    for _ in 0..<queue.count / 2 + 2 { shrink(to: 0) }
  }

  /// Forgets a context that is not usable; its place in the queue goes when its turn comes.
  mutating func remove(_ object: HObject) { contexts[object] = nil }

  mutating func removeAll() { self = ObjectContextCache() }
}
