import Base
import OpExecution
import RadosTypes

/// An object that clients use: what is known of it, and the order of ops on it.
///
/// An op takes its place here on arrival. A write runs alone, but is done as soon as its transaction is
/// queued: what it wrote can be read then, and whoever reads it is answered when it is committed. Reads
/// run together. Only ops that have to wait for the store hold others up. Confined to the PG's reactor.
/// Ceph: `ObjectContext` with its `RWState`.
final class ObjectContext {
  let object: HObject
  var state: ObjectState
  /// False until the store has said what is there.
  var isLoaded = false
  /// What the store has of it cannot be understood.
  var isUnreadable = false
  /// Used since the cache last thought of dropping it.
  var isRecent = true
  /// Those that wait are being let in.
  var isWaking = false
  /// The newest write that is not committed.
  var lastWrite: ClientOp?
  /// Ops that wait for the store: one that writes, or some that read.
  private(set) var holders: [ClientOp] = []
  private var hasWriter = false
  private var waiting = Fifo<ClientOp>()

  init(_ object: HObject) {
    self.object = object
    state = ObjectState(absent: object)
  }

  var isIdle: Bool {
    isLoaded && holders.isEmpty && waiting.isEmpty && lastWrite == nil
  }

  /// Takes the op's place; false if it has to wait there.
  func enter(_ op: ClientOp) -> Bool {
    isRecent = true
    if isLoaded && waiting.isEmpty && admits(op) { return true }
    op.waitingFor = isLoaded ? "waiting for rw locks" : "waiting for object"
    waiting.append(op)
    return false
  }

  private func admits(_ op: ClientOp) -> Bool {
    op.kind.isWriteOrdered ? holders.isEmpty : !hasWriter
  }

  /// The op waits for the store.
  func hold(_ op: ClientOp) {
    holders.append(op)
    hasWriter = op.kind.isWriteOrdered
  }

  func release(_ op: ClientOp) {
    holders.removeAll { $0 === op }
    hasWriter = false
  }

  /// The next op that may run now.
  func next() -> ClientOp? {
    guard isLoaded, let op = waiting.first, admits(op) else { return nil }
    return waiting.popFirst()
  }

  /// Takes out all that wait, in order, when the PG's interval ends.
  func takeWaiting() -> [ClientOp] { waiting.takeAll() }
}
