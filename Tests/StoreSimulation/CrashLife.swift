import Base
import BlockStore
import Reactors
import TestKit

/// A store that is mounted, on a machine of its own, until the power goes.
final class CrashLife {
  let run: CrashRun
  let world: SimWorld
  let media: SimStoreMedia
  let store: BlockStore
  let reactors: [Reactor]
  private let failures = Failures()
  private(set) var hasCrashed = false
  private let mounted = Outcome()

  /// The first failure that the store told of.
  private final class Failures: @unchecked Sendable { var first: (any Error)? }
  private final class Outcome: @unchecked Sendable { var result: Result<Void, any Error>? }

  /// Turns of the machine's loop after which it is taken to go on for ever; a life takes some
  /// thousands.
  private static let turnsMax = 2_000_000
  /// After a crash whoever waits is told, and ends, within this.
  private static let endNanoseconds: UInt64 = 3_000_000_000

  /// Begins to mount.
  init(_ run: CrashRun) {
    self.run = run
    let world = SimWorld(seed: run.random.next())
    world.turnsLeft = Self.turnsMax
    self.world = world
    reactors = (0...run.roll(2)).map { _ in world.makeReactor() }
    media = SimStoreMedia(run.medium, keyValue: run.keyValue, world: world)
    if run.roll(3) == 0 { media.indexDelay = 3_000_000 }
    let failures = failures
    store = BlockStore(media: media, options: run.options()) {
      failures.first = failures.first ?? $0
    }
    store.onRecord = { [weak self] log, partition, isInternal in
      guard let self, !isInternal, !hasCrashed else { return }
      self.run.history.recorded(in: partition, log: log)
    }
    run.machines += reactors.map { CrashRun.Machine(reactor: $0) }
    let store = store
    let reactors = reactors
    start(mounted) { try await store.mount(reactors: reactors) }
  }

  var failure: (any Error)? { failures.first }
  var isMounting: Bool { mounted.result == nil }
  var nanoseconds: UInt64 { world.clock.now.nanoseconds }

  private func start(_ outcome: Outcome, _ body: @escaping () async throws -> Void) {
    reactors[0].spawn {
      do {
        try await body()
        outcome.result = .success(())
      } catch {
        outcome.result = .failure(error)
      }
    }
  }

  private func end(_ outcome: Outcome, _ what: String) throws {
    guard world.run(until: { outcome.result != nil }), let result = outcome.result else {
      throw CrashFinding("\(what) never ended; \(String(describing: failure))")
    }
    do { try result.get() } catch let error as CrashFinding { throw error } catch {
      throw CrashFinding("\(what): \(error)")
    }
  }

  func finishMounting() throws { try end(mounted, "the start") }

  /// Runs `body` as a task until it ends.
  func perform(_ what: String, _ body: @escaping () async throws -> Void) throws {
    let outcome = Outcome()
    start(outcome, body)
    try end(outcome, what)
    if let failure { throw CrashFinding("\(what): the store failed: \(failure)") }
  }

  /// Goes on for some time, or until `isDone`.
  func goOn(nanoseconds count: UInt64, until isDone: () -> Bool = { false }) {
    let end = nanoseconds + count
    world.run { isDone() || nanoseconds >= end }
  }

  /// The power goes, and with it what was not flushed.
  func crash() throws {
    hasCrashed = true
    media.crash(random: &run.random)
    run.keyValue = media.keyValue
    goOn(nanoseconds: Self.endNanoseconds)
    guard world.turnsLeft > 0 else {
      throw CrashFinding("something goes on after the crash: \(String(describing: failure))")
    }
  }
}
