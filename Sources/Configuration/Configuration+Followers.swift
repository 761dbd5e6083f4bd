import Base

/// Who is told when options change: whoever read them.
///
/// What a part of the daemon keeps of its options it makes in a body given to `follow`, which is run again
/// when an option that it read has another value. Nobody lists names, and nobody looks time and again.
extension Configuration {
  /// Runs `body` now, and again after each change of an option that it read; on the thread of whoever
  /// makes the change.
  package func follow(_ body: @escaping @Sendable () -> Void) { run(addFollower(body)) }

  func run(_ follower: ConfigFollower) {
    let reading = ConfigReading()
    ConfigReading.$current.withValue(reading) { follower.body() }
    follower.add(reading.names)
  }

  /// After options have another text: everybody who read one of them, once.
  func notify(_ names: Set<String>) {
    guard !names.isEmpty else { return }
    for follower in followers where follower.reads(any: names) { run(follower) }
  }
}

final class ConfigFollower: @unchecked Sendable {
  let body: @Sendable () -> Void
  private let lock = Lock()
  /// All that it read so far, under the lock.
  private var names: Set<String> = []

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  func add(_ more: Set<String>) { lock.withLock { names.formUnion(more) } }
  func reads(any changed: Set<String>) -> Bool {
    lock.withLock { !names.isDisjoint(with: changed) }
  }
}

/// The names that one run of a body reads, metavariables too; of one thread.
final class ConfigReading: @unchecked Sendable {
  @TaskLocal static var current: ConfigReading?
  var names: Set<String> = []
}
