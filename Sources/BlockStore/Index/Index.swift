import Base
import Buffers
import KeyValue
import Reactors

/// Where work for the index runs: on its threads, or later on a simulated clock.
package protocol IndexRunner: AnyObject, Sendable {
  /// Reads may run in any order and beside changes.
  func read(_ work: @escaping @Sendable () -> Void)
  /// Changes run one by one, in the order of the calls.
  func change(_ work: @escaping @Sendable () -> Void)
  /// Nothing is under way and a checkpoint has let go of much memory: a moment to give it back.
  func rest()
  func stop()
}

extension IndexRunner {
  package func rest() {}
}

/// The key-value index, off the reactors: work runs where the runner says, what comes of it is told on
/// the reactor that asked.
final class Index: @unchecked Sendable {
  let keyValue: any KeyValue
  let runner: any IndexRunner

  init(_ keyValue: any KeyValue, runner: any IndexRunner) {
    self.keyValue = keyValue
    self.runner = runner
  }

  func read<Value>(
    on reactor: Reactor, _ work: @escaping (any KeyValue) throws -> Value,
    done: @escaping (Result<Value, any Error>) -> Void
  ) {
    let job = IndexJob(keyValue: keyValue, work: work, done: done)
    runner.read {
      job.run()
      reactor.post { job.finish() }
    }
  }

  func change(
    on reactor: Reactor, _ work: @escaping (any KeyValue) throws -> Void,
    done: @escaping (Result<Void, any Error>) -> Void
  ) {
    let job = IndexJob(keyValue: keyValue, work: work, done: done)
    runner.change {
      job.run()
      reactor.post { job.finish() }
    }
  }
}

/// Handed from a reactor to the index's thread and back; never in two places at once.
private final class IndexJob<Value>: @unchecked Sendable {
  private let keyValue: any KeyValue
  private var work: ((any KeyValue) throws -> Value)?
  private let done: (Result<Value, any Error>) -> Void
  private var result: Result<Value, any Error>?

  init(
    keyValue: any KeyValue, work: @escaping (any KeyValue) throws -> Value,
    done: @escaping (Result<Value, any Error>) -> Void
  ) {
    self.keyValue = keyValue
    self.work = work
    self.done = done
  }

  func run() { result = Result { try work!(keyValue) } }

  func finish() {
    work = nil
    done(result!)
  }
}
