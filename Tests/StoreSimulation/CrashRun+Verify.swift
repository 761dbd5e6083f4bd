import Base
import BlockStore
import Buffers
import Glibc
import ObjectStores
import RadosTypes
import Reactors

/// What must be true after a start.
extension CrashRun {
  func verify(_ life: CrashLife) throws {
    let store = life.store
    try life.perform("the check after a start") { try await self.verify(store) }
  }

  private func verify(_ store: BlockStore) async throws {
    var counts: [Int] = []
    for home in 0..<Self.partitions {
      let count = try await survivors(store, home)
      let queued = history.latest[home].count
      guard let state = history.state(home, after: count) else {
        throw CrashFinding(
          "partition \(home): \(count) there; \(history.acknowledged(home)) were acknowledged, "
            + "\(queued) queued")
      }
      counts.append(count)
      statistics.lost += queued - count
      try await compare(store, home, state)
    }
    try checkPrefixes(zip(counts, history.countsAtStart).map { $0 - $1 })
    let report = try await store.check(deep: true)
    guard report.isClean else { throw CrashFinding("check: \(report.errors.prefix(5))") }
    history.found(counts)
  }

  /// What survived of each log's partitions is a beginning of the log.
  private func checkPrefixes(_ survivors: [Int]) throws {
    for (log, places) in history.previousOrder {
      let partitions = Set(places)
      let total = partitions.reduce(0) { $0 + survivors[$1] }
      guard total <= places.count else {
        throw CrashFinding(
          "log \(log): \(total) transactions survived, \(places.count) were recorded")
      }
      var counts = Array(repeating: 0, count: Self.partitions)
      for partition in places.prefix(total) { counts[partition] += 1 }
      for partition in partitions where counts[partition] != survivors[partition] {
        throw CrashFinding(
          "log \(log): survivors \(survivors) are no prefix; the order was \(places)")
      }
    }
  }

  /// How many transactions the partition says that it has had.
  private func survivors(_ store: BlockStore, _ home: Int) async throws -> Int {
    var most = 0
    for pg in Self.pgs {
      guard let handle = store.open(.pg(pg)), handle.partition == home else { continue }
      do throws(StoreError) {
        let found = try await on(handle.reactor) { () async throws(StoreError) in
          try await store.omapValues(["count"], of: GHObject.pgMeta(pg), in: handle)
        }
        guard let value = found.first, let number = Int(value.value.text) else { continue }
        most = max(most, number - ModelSteps.countBase)
      } catch {
        if !error.isAbsent { throw CrashFinding("count of \(pg): \(error)") }
      }
    }
    return most
  }

  /// Runs `body` on a reactor of the simulation.
  private func on<Value>(
    _ reactor: Reactor, _ body: @escaping () async throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let box = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Box<Result<Value, StoreError>>, Never>) in
      reactor.spawn {
        do throws(StoreError) {
          continuation.resume(returning: Box(value: .success(try await body())))
        } catch {
          continuation.resume(returning: Box(value: .failure(error)))
        }
      }
    }
    return try box.value.get()
  }

  private struct Box<Value>: @unchecked Sendable { let value: Value }

  // MARK: Against the model

  private func compare(_ store: BlockStore, _ home: Int, _ model: ModelPartition) async throws {
    let here = Set(store.collections().filter { store.open($0)!.partition == home })
    guard here == Set(model.collections.keys) else {
      throw CrashFinding("partition \(home): collections \(here), not \(model.collections.keys)")
    }
    for (id, bits) in model.collections.sorted(by: { $0.key < $1.key }) {
      let handle = store.open(id)!
      guard handle.bits == bits else { throw CrashFinding("\(id): \(handle.bits) bits") }
      let finding = try await on(handle.reactor) { () async throws(StoreError) -> String? in
        try await Self.difference(store, handle, model)
      }
      if let finding { throw CrashFinding("partition \(home) at \(model.count): \(finding)") }
    }
  }

  private static func difference(
    _ store: BlockStore, _ handle: StoreCollection, _ model: ModelPartition
  ) async throws(StoreError) -> String? {
    let seed = handle.id.pgID!.pgID.seed
    let mask = UInt32(1) << handle.bits - 1
    let wanted = model.objects.filter { $0.key.object.hash & mask == seed }
    let names = wanted.keys.sorted()
    let listed = try await store.list(handle)
    if listed != names { return "\(handle.id): objects \(listed), not \(names)" }
    for object in names {
      if let found = try await difference(store, handle, object, wanted[object]!) { return found }
    }
    return nil
  }

  private static func difference(
    _ store: BlockStore, _ handle: StoreCollection, _ object: GHObject, _ model: ModelObject
  ) async throws(StoreError) -> String? {
    let data = try await store.read(object, in: handle).array
    if let known = store.readInMemory(object, in: handle, offset: 0, length: .max)?.array,
      known != data
    {
      return "\(object): memory has \(known.count) other bytes than the \(data.count) read"
    }
    if !isSame(data, model.data) {
      let at = zip(data, model.data).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      return
        "\(object): \(data.count) bytes, wanted \(model.data.count), first difference at \(at ?? -1)"
    }
    if try await store.stat(object, in: handle)?.size != UInt64(data.count) {
      return "\(object): size"
    }
    let attributes = try await store.attributes(of: object, in: handle)
    if values(attributes) != model.attributes { return "\(object): attributes" }
    let omap = try await store.omapEntries(of: object, in: handle).entries
    if values(omap) != model.omap {
      return "\(object): omap \(omap.map(\.name)), not \(model.omap.keys.sorted())"
    }
    if try await store.omapHeader(of: object, in: handle).array != model.header {
      return "\(object): header"
    }
    return nil
  }

  private static func values(_ named: [NamedValue]) -> [ByteString: [UInt8]] {
    Dictionary(uniqueKeysWithValues: named.map { ($0.name, $0.value.array) })
  }

  static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count
      && left.withUnsafeBytes { left in
        right.withUnsafeBytes {
          left.count == 0 || memcmp(left.baseAddress!, $0.baseAddress!, left.count) == 0
        }
      }
  }
}
