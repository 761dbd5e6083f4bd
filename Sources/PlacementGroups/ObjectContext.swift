import Base
import OpExecution
import RadosTypes

/// An object that clients use: what is known of it, and the order of ops on it.
///
/// An op takes its place here on arrival. A write runs alone, but is done as soon as its transaction is
/// queued: what it wrote can be read then, and whoever reads it is answered when it is committed. Reads
/// run together. Only ops that have to wait for the store hold others up. Confined to the PG's reactor.
/// When what is known of the object is not so any more, all ops here start over.
/// Ceph: `ObjectContext` with its `RWState`.
final class ObjectContext {
  /// How what is known of the object came about.
  enum Knowledge {
    /// Nothing is known, and nobody uses it; the next one to do so asks the store.
    case none
    /// The store has been asked.
    case asked
    case loaded
    /// What the store has of it cannot be understood; the next one to use it asks again.
    case unreadable
  }

  let object: HObject
  /// As the store has it, if it is loaded.
  var state: ObjectState
  var knowledge: Knowledge
  /// Counts resets: what was begun before one must not go on.
  private(set) var turn = 0
  /// Used since the cache last thought of dropping it.
  var isRecent = true
  /// The cache's: the next one whose object has the same hash.
  var nextOfHash: ObjectContext?
  /// Those that wait are being let in.
  var isWaking = false
  /// The newest write that is not committed.
  var lastWrite: ClientOp?
  /// Ops that wait for the store: one that writes, or some that read.
  private(set) var holders: [ClientOp] = []
  private var hasWriter = false
  private var waiting = Fifo<ClientOp>()
  /// It is being copied to other OSDs, and must not change meanwhile.
  private var isCopied = false
  private var waitingToCopy: [() -> Void] = []

  /// `state`: nil until the store has said what is there.
  init(_ object: HObject, _ state: ObjectState?) {
    self.object = object
    knowledge = state == nil ? .none : .loaded
    self.state = state ?? ObjectState(absent: object)
  }

  var isLoaded: Bool { knowledge == .loaded }
  var isUnreadable: Bool { knowledge == .unreadable }
  /// Whoever uses it has to ask the store first.
  var isUnknown: Bool { knowledge == .none || knowledge == .unreadable }

  var isIdle: Bool {
    knowledge != .asked && holders.isEmpty && waiting.isEmpty && lastWrite == nil && !isCopied
      && waitingToCopy.isEmpty
  }

  /// An op is under way that will write it.
  var isBeingWritten: Bool { hasWriter }

  /// Takes the op's place; false if it has to wait there.
  func enter(_ op: ClientOp, at clock: any Clock) -> Bool {
    isRecent = true
    if isLoaded && waiting.isEmpty && admits(op) { return true }
    op.note(isLoaded ? .locks : .objectContext, at: clock.now)
    waiting.append(op)
    return false
  }

  private func admits(_ op: ClientOp) -> Bool {
    op.kind.isWriteOrdered ? holders.isEmpty && !isCopied && waitingToCopy.isEmpty : !hasWriter
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

  /// Calls `body` when nobody writes; nobody will until `endCopy`.
  func copy(_ body: @escaping () -> Void) {
    guard !isUnreadable else { return body() }
    waitingToCopy.append(body)
    beginCopies()
  }

  /// True if nobody writes: nobody will until `endCopy`. Already so if it is being copied.
  func beginCopy() -> Bool {
    guard isLoaded, !hasWriter else { return false }
    isCopied = true
    return true
  }

  /// What is known of it will never come: those who would copy it must find another way.
  func giveUpCopies() {
    let bodies = waitingToCopy
    waitingToCopy = []
    for body in bodies { body() }
  }

  /// To be called whenever a writer has left.
  func beginCopies() {
    guard isLoaded, !hasWriter else { return }
    let bodies = waitingToCopy
    waitingToCopy = []
    if !bodies.isEmpty { isCopied = true }
    for body in bodies { body() }
  }

  /// True if it was being copied: those who wait may write now.
  func endCopy() -> Bool {
    defer { isCopied = false }
    return isCopied
  }

  /// Takes out all that wait, in order.
  func takeWaiting() -> [ClientOp] { waiting.takeAll() }

  /// What is known of it is not so any more, or the PG's interval ends: takes out all ops, in order. Those
  /// that are in the store find when they come back that it has been so.
  func reset() -> [ClientOp] {
    turn += 1
    knowledge = .none
    let ops = holders + waiting.takeAll()
    holders = []
    hasWriter = false
    return ops
  }
}
