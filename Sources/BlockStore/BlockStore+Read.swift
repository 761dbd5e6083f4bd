import Base
import Buffers
import Glibc
import ObjectStores
import RadosTypes

extension BlockStore {
  /// The onode when all queued before is applied; ENOENT if there is no such object.
  private func existing<Value: Sendable>(
    _ object: GHObject, _ collection: StoreCollection, _ operation: StaticString,
    _ body: @escaping (Partition, Onode, @escaping (Result<Value, StoreError>) -> Void) -> Void
  ) async throws(StoreError) -> Value {
    let partition = collection.home
    return try await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<Value, StoreError>, Never>) in
      partition.withOnode(object, in: collection) { result in
        switch result {
        case .failure(let error): continuation.resume(returning: .failure(error))
        case .success(let onode) where !onode.exists:
          continuation.resume(returning: .failure(.absent(operation)))
        case .success(let onode):
          body(partition, onode) { continuation.resume(returning: $0) }
        }
      }
    }.get()
  }

  package func stat(
    _ object: GHObject, in collection: StoreCollection
  ) async throws(StoreError)
    -> ObjectStat?
  {
    try await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<ObjectStat?, StoreError>, Never>) in
      collection.home.withOnode(object, in: collection) { result in
        continuation.resume(
          returning: result.map { onode in
            let allocated = UInt64(onode.mappedBlocks * Limits.unitBytes)
            return onode.exists ? ObjectStat(size: onode.record.size, allocated: allocated) : nil
          })
      }
    }.get()
  }

  package func read(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) async throws(StoreError) -> BufferList {
    try await existing(object, collection, "read") { partition, onode, done in
      partition.read(onode, offset: offset, length: length, done: done)
    }
  }

  package func readFromDevice(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) async throws(StoreError) -> BufferList {
    try await existing(object, collection, "read") { partition, onode, done in
      partition.read(onode, offset: offset, length: length, fromDevice: true, done: done)
    }
  }

  package func readInMemory(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) -> BufferList? {
    collection.home.readInMemory(object, in: collection, offset: offset, length: length)
  }

  package func extents(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) async throws(StoreError) -> [DataExtent] {
    try await existing(object, collection, "extents") { partition, onode, done in
      done(.success(partition.extents(onode, offset: offset, length: length)))
    }
  }

  package func attribute(
    _ name: ByteString, of object: GHObject, in collection: StoreCollection
  ) async throws(StoreError) -> ByteSlice? {
    try await existing(object, collection, "attribute") { _, onode, done in
      done(.success(onode.record.attributes.first { $0.name == name }?.value))
    }
  }

  package func attributes(
    of object: GHObject, in collection: StoreCollection
  )
    async throws(StoreError) -> [NamedValue]
  {
    try await existing(object, collection, "attributes") { _, onode, done in
      done(.success(onode.record.attributes))
    }
  }

  package func attributesInMemory(
    of object: GHObject, in collection: StoreCollection
  ) -> Result<[NamedValue], StoreError>? {
    collection.home.inMemory(object, in: collection).map { onode in
      onode.exists ? .success(onode.record.attributes) : .failure(.absent("attributes"))
    }
  }

  // MARK: Omap

  package func omapHeader(
    of object: GHObject, in collection: StoreCollection
  )
    async throws(StoreError) -> ByteSlice
  {
    try await existing(object, collection, "omapHeader") { partition, onode, done in
      let omap = onode.record.omap
      guard omap != 0 else { return done(.success(.empty)) }
      partition.values([StoreKey.omapHeader(omap)], inIndex: omap < partition.indexedID) { result in
        done(result.map { $0[0].map { ByteSlice($0) } ?? .empty })
      }
    }
  }

  package func omapValues(
    _ keys: [ByteString], of object: GHObject, in collection: StoreCollection
  ) async throws(StoreError) -> [NamedValue] {
    try await existing(object, collection, "omapValues") { partition, onode, done in
      let omap = onode.record.omap
      guard omap != 0, !keys.isEmpty else { return done(.success([])) }
      let places = keys.map { StoreKey.omapEntry(omap, $0) }
      partition.values(places, inIndex: omap < partition.indexedID) { result in
        done(
          result.map { values in
            zip(keys, values).compactMap { key, value in
              value.map { NamedValue(key, ByteSlice($0)) }
            }
          })
      }
    }
  }

  package func omapEntries(
    of object: GHObject, in collection: StoreCollection, start: OmapStart, prefix: ByteString,
    maxEntries: Int, maxBytes: Int
  ) async throws(StoreError) -> OmapPage {
    try await existing(object, collection, "omapEntries") { partition, onode, done in
      let omap = onode.record.omap
      guard omap != 0, maxEntries > 0 else {
        guard omap != 0 else { return done(.success(OmapPage())) }
        return Self.omapPage(partition, omap, start, prefix, 1, .max) { result in
          done(result.map { OmapPage(entries: [], hasMore: !$0.entries.isEmpty) })
        }
      }
      Self.omapPage(partition, omap, start, prefix, maxEntries, maxBytes, done)
    }
  }

  private static func omapPage(
    _ partition: Partition, _ omap: UInt64, _ start: OmapStart, _ prefix: ByteString,
    _ maxEntries: Int, _ maxBytes: Int, _ done: @escaping (Result<OmapPage, StoreError>) -> Void
  ) {
    var first = start.key
    if case .after = start { first = ByteString(first.bytes + [0]) }
    let from = StoreKey.omapEntry(omap, max(first, prefix))
    let to = prefix.afterPrefix.map { StoreKey.omapEntry(omap, $0) } ?? StoreKey.omapEnd(omap)
    guard from < to else { return done(.success(OmapPage())) }
    partition.scan(
      from: from, to: to, max: maxEntries, maxBytes: maxBytes, inIndex: omap < partition.indexedID
    ) { result in
      switch result {
      case .success(let page):
        let entries = page.entries.map {
          NamedValue(StoreKey.omapUserKey($0.key), ByteSlice($0.value))
        }
        done(.success(OmapPage(entries: entries, hasMore: page.isCut)))
      case .failure(let error): done(.failure(StoreError(EIO, "omapEntries", "\(error)")))
      }
    }
  }

  // MARK: Objects

  package func list(
    _ collection: StoreCollection, from: GHObject, to: GHObject, max: Int
  ) async throws(StoreError) -> (objects: [GHObject], next: GHObject) {
    let partition = collection.home
    if from.isMax { return ([], .max) }
    let low = partition.key(of: from, in: collection.id)
    // Nothing is asked for, but the first object from here on is.
    guard from < to else { return ([], try await first(collection, from: low)) }
    let keys = try await keys(collection, from: low, max: max == .max ? max : max + 1)
    var objects: [GHObject] = []
    for key in keys {
      guard let object = StoreKey.object(key) else {
        throw .damaged("list", "key \(key.bytes) in partition \(partition.index)")
      }
      if objects.count == max || !(object < to) { return (objects, object) }
      objects.append(object)
    }
    return (objects, .max)
  }

  private func first(
    _ collection: StoreCollection, from: ByteString
  ) async throws(StoreError)
    -> GHObject
  { try await keys(collection, from: from, max: 1).first.flatMap { StoreKey.object($0) } ?? .max }

  private func keys(
    _ collection: StoreCollection, from: ByteString?, max: Int
  )
    async throws(StoreError) -> [ByteString]
  {
    let partition = collection.home
    return try await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<[ByteString], StoreError>, Never>) in
      partition.whenApplied {
        if partition.host.hasFailed {
          return continuation.resume(returning: .failure(Partition.failed))
        }
        partition.listKeys(collection, from: from, to: nil, max: max) { result in
          continuation.resume(returning: result.mapError { StoreError(EIO, "list", "\($0)") })
        }
      }
    }.get()
  }

  // MARK: Space

  package func statfs() -> StoreUsage {
    let store = current("statfs")
    var result = StoreUsage()
    let usage = store.shared.usage(of: nil)
    let index = store.shared.learn(of: store.index)
    result.total = store.superblock.deviceBytes
    result.available = store.shared.available
    result.allocated = usage.allocatedUnits * UInt64(Limits.unitBytes)
    result.stored = usage.storedBytes
    result.metadata = index.allocated + store.superblock.logAreaBytes
    let omap = ByteString([StoreKey.Kind.omap])
    result.omap = store.index.keyValue.approximateBytes(from: omap, to: omap.afterPrefix!)
    return result
  }

  package func room() -> (total: UInt64, available: UInt64) {
    let store = current("room")
    store.shared.learn(of: store.index)
    return (store.superblock.deviceBytes, store.shared.available)
  }

  package func statfs(pool: Int64) -> StoreUsage {
    let usage = current("statfs").shared.usage(of: pool)
    var result = StoreUsage()
    result.allocated = usage.allocatedUnits * UInt64(Limits.unitBytes)
    result.stored = usage.storedBytes
    return result
  }
}

extension Partition {
  /// What stands under the keys, in their order.
  func values(
    _ keys: [ByteString], inIndex: Bool,
    done: @escaping (Result<[[UInt8]?], StoreError>) -> Void
  ) {
    var values: [[UInt8]?] = Array(repeating: nil, count: keys.count)
    var unknown: [Int] = []
    func look(_ place: Int) -> Bool {
      switch overlay.find(keys[place]) {
      case .value(let value): values[place] = value
      case .deleted: values[place] = nil
      case .unknown: return false
      }
      return true
    }
    for place in keys.indices where !look(place) { unknown.append(place) }
    guard inIndex, !unknown.isEmpty else { return done(.success(values)) }
    let number = indexReads.begin()
    let asked = unknown.map { keys[$0] }
    keyValue.read(on: reactor) { keyValue in
      try asked.map { try keyValue.get($0)?.array }
    } done: { [self] result in
      defer { endIndexRead(number) }
      switch result {
      case .success(let found):
        // All as of now, since some may have changed meanwhile.
        for (place, value) in zip(unknown, found) where !look(place) { values[place] = value }
        for place in keys.indices where !unknown.contains(place) { _ = look(place) }
        done(.success(values))
      case .failure(let error): done(.failure(StoreError(EIO, "omapValues", "\(error)")))
      }
    }
  }
}
