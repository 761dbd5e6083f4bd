import Base
import Buffers
import ObjectStores
import RadosTypes
import Reactors

/// What a store did that its contract does not allow.
package struct ConformanceFailure: Error, CustomStringConvertible {
  package let description: String

  package init(_ text: String, line: UInt) { description = "line \(line): \(text)" }
}

/// A mounted store and how to restart it, for the conformance cases. All on one reactor.
package final class StoreHarness {
  package private(set) var store: any ObjectStore
  package let reactor: Reactor
  /// Unmounts, and mounts what is found then.
  private let reopen: (any ObjectStore) async throws -> any ObjectStore
  /// Commits that have not come yet.
  private var outstanding = 0

  /// `store` is mounted on `reactor`.
  package init(
    store: any ObjectStore, reactor: Reactor,
    reopen: @escaping (any ObjectStore) async throws -> any ObjectStore
  ) {
    self.store = store
    self.reactor = reactor
    self.reopen = reopen
  }

  package func remount() async throws {
    store = try await reopen(store)
  }

  /// Runs `body` as a task on `reactor`, whose loop runs on this thread meanwhile.
  package static func run(on reactor: Reactor, _ body: @escaping () async throws -> Void) throws {
    var outcome: Result<Void, any Error>?
    reactor.spawn {
      do {
        try await body()
        outcome = .success(())
      } catch {
        outcome = .failure(error)
      }
    }
    reactor.run { outcome != nil }
    guard let outcome else { throw ConformanceFailure("the case never ended", line: #line) }
    try outcome.get()
  }

  // MARK: Doing

  package func commit(_ transaction: Transaction, on collection: StoreCollection) async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      store.queue(transaction, on: collection) { continuation.resume() }
    }
  }

  /// Builds and commits.
  package func commit(
    on collection: StoreCollection, _ build: (inout Transaction) -> Void
  ) async {
    var transaction = Transaction()
    build(&transaction)
    await commit(transaction, on: collection)
  }

  /// Builds and queues without waiting.
  package func queue(on collection: StoreCollection, _ build: (inout Transaction) -> Void) {
    var transaction = Transaction()
    build(&transaction)
    store.queue(transaction, on: collection) {}
  }

  package func makeCollection(
    _ id: CollectionID, bits: UInt32 = 0, beside sibling: StoreCollection? = nil
  ) async -> StoreCollection {
    let handle = store.createHandle(id, beside: sibling)
    await commit(on: handle) { $0.createCollection(id, bits: bits) }
    return handle
  }

  package func handle(_ id: CollectionID, line: UInt = #line) throws -> StoreCollection {
    guard let handle = store.open(id) else {
      throw ConformanceFailure("collection \(id) is not there", line: line)
    }
    return handle
  }

  // MARK: Checking

  package func expect(
    _ condition: Bool, _ message: @autoclosure () -> String, line: UInt = #line
  ) throws {
    if !condition { throw ConformanceFailure(message(), line: line) }
  }

  package func expectEqual<Value: Equatable>(
    _ found: Value, _ wanted: Value, _ what: @autoclosure () -> String, line: UInt = #line
  ) throws {
    if found != wanted {
      throw ConformanceFailure("\(what()): found \(found), wanted \(wanted)", line: line)
    }
  }

  /// The object's data is exactly `wanted`.
  package func expectData(
    _ object: GHObject, in collection: StoreCollection, _ wanted: [UInt8], line: UInt = #line
  ) async throws {
    let stat = try await store.stat(object, in: collection)
    try expectEqual(stat?.size, UInt64(wanted.count), "size of \(object)", line: line)
    // After the read below, much of it is in memory.
    for _ in 0..<2 {
      if let known = store.readInMemory(object, in: collection, offset: 0, length: .max) {
        try expect(known.array == wanted, "data of \(object) as memory has it", line: line)
      }
      _ = try await store.read(object, in: collection)
    }
    let found = try await store.read(object, in: collection).array
    if found == wanted { return }
    let at = zip(found, wanted).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    throw ConformanceFailure(
      "data of \(object): \(found.count) bytes of \(wanted.count), first difference at \(at ?? -1)",
      line: line)
  }

  package func expectAbsent(
    _ object: GHObject, in collection: StoreCollection, line: UInt = #line
  ) async throws {
    let stat = try await store.stat(object, in: collection)
    try expect(stat == nil, "\(object) is there", line: line)
    let known = store.readInMemory(object, in: collection, offset: 0, length: .max)
    try expect(known == nil, "memory has data of an absent object", line: line)
    do throws(StoreError) {
      _ = try await store.read(object, in: collection)
    } catch {
      return try expect(error.isAbsent, "read of an absent object: \(error)", line: line)
    }
    throw ConformanceFailure("an absent object was read", line: line)
  }

  /// `body` fails with ENOENT.
  package func expectNotFound<Value>(
    _ what: String, line: UInt = #line, _ body: () async throws -> Value
  ) async throws {
    do {
      _ = try await body()
    } catch {
      let isAbsent = (error as? StoreError)?.isAbsent ?? false
      return try expect(isAbsent, "\(what): \(error)", line: line)
    }
    throw ConformanceFailure("\(what) of an absent object succeeded", line: line)
  }
}
