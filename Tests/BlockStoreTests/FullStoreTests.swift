import Base
import BlockStore
import Glibc
import KeyValue
import ObjectStores
import RadosTypes
import Reactors
import StoreSimulation
import TestKit
import Testing

/// A store that is filled to the last byte that it admits goes on, and all of it can be had again.
@Suite(.serialized) struct FullStoreTests {
  private static let partitions = 16

  /// A store on a file, its partitions on two reactors with threads of their own.
  private func onFile(
    _ name: String, bytes: UInt64, _ kind: StoreFiller.Kind,
    _ body:
      @escaping (StoreFiller, _ remount: @escaping () async throws -> Void) async throws ->
      Void
  ) async throws {
    let path = "/tmp/loligo-full-test-\(getpid())-\(name)"
    unlink(path)
    defer { unlink(path) }
    var format = StoreFormatOptions()
    format.deviceBytesMin = 0
    format.partitionCount = Self.partitions
    format.logAreaBytes = bytes / 64
    format.regionBytes = 1 << 20
    format.indexAreaBytes = 1 << 20
    try BlockStore.format(
      path: path, fileBytes: bytes, options: format, metadata: [:], storeID: UniqueID())
    var rocks = RocksOptions()
    rocks.writeBufferBytes = 512 << 10
    rocks.blockCacheBytes = 1 << 20
    let store = try BlockStore(path: path, rocks: rocks) {
      Issue.record("the store failed: \($0)")
    }
    let reactors = try (0..<2).map { _ in Reactor(driver: try UringDriver()) }
    for reactor in reactors { try reactor.start() }
    defer {
      for reactor in reactors {
        reactor.stop()
        reactor.join()
      }
    }
    try await store.mount(reactors: reactors)
    let filler = StoreFiller(store, kind)
    await filler.makePGs(Self.partitions)
    try await body(filler) {
      try await store.unmount()
      try await store.mount(reactors: reactors)
    }
    try await store.unmount()
  }

  /// On memory and one simulated thread.
  private func inMemory(
    bytes: Int, _ kind: StoreFiller.Kind,
    _ body:
      @escaping (StoreFiller, _ remount: @escaping () async throws -> Void) async throws ->
      Void
  ) throws {
    let world = SimWorld(seed: 5)
    let reactor = world.makeReactor()
    var format = StoreFormatOptions()
    format.deviceBytesMin = 0
    format.partitionCount = Self.partitions
    format.logAreaBytes = 2 << 20
    format.indexAreaBytes = 4096
    format.regionBytes = 512 << 10
    let medium = SimMedia(byteCount: bytes)
    try SimStoreMedia.format(medium, format, id: 5)
    let store = BlockStore(media: SimStoreMedia(medium, world: world)) {
      Issue.record("the store failed: \($0)")
    }
    var outcome: Result<Void, any Error>?
    reactor.spawn {
      do {
        try await store.mount(reactors: [reactor])
        let filler = StoreFiller(store, kind)
        await filler.makePGs(Self.partitions)
        try await body(filler) {
          try await store.unmount()
          try await store.mount(reactors: [reactor])
        }
        try await store.unmount()
        outcome = .success(())
      } catch {
        outcome = .failure(error)
      }
    }
    world.run { outcome != nil }
    try #require(outcome, "the case never ended").get()
  }

  /// Fills, restarts, empties; nearly all by one PG, then again between what others left.
  private func fillTwice(
    _ filler: StoreFiller, _ least: Int, onFile: Bool = true, _ remount: () async throws -> Void
  ) async throws {
    let store = filler.store
    let empty = store.statfs().available
    for place in 1..<Self.partitions { await filler.fill(place, most: 2) }
    await filler.fill(0)
    try await check(filler, least: least, remount)
    await filler.remove { _ in true }
    try await check(filler, least: 0, remount)
    await expectRoom(store, empty, onFile: onFile)

    let share = Int(store.statfs().available) / (filler.kind.bytes + 4096) / Self.partitions
    for place in 0..<Self.partitions { await filler.fill(place, most: share) }
    await filler.remove { $0 % 2 == 0 }
    await filler.fill(1)
    try await check(filler, least: least, remount)
    await filler.remove { _ in true }
    await expectRoom(store, empty, onFile: onFile)
  }

  /// At least `least` percent of the device are data, before and after a restart, and all is in order.
  private func check(
    _ filler: StoreFiller, least: Int, _ remount: () async throws -> Void
  ) async throws {
    let store = filler.store
    let usage = store.statfs()
    print(
      "\(filler.kind): \(usage.allocated * 100 / usage.total) % data, "
        + "\(usage.metadata * 100 / usage.total) % metadata, \(usage.available) available")
    #expect(usage.allocated * 100 / usage.total >= least)
    try await remount()
    #expect(store.statfs().allocated == usage.allocated)
    let report = try await store.check(deep: true)
    #expect(report.errors == [])
    #expect(report.objects == filler.objectCount)
  }

  /// Nearly all that was available comes back, when marks and the index have followed. The index
  /// keeps some of what it had while there is room.
  private func expectRoom(
    _ store: BlockStore, _ before: UInt64, least: UInt64 = 90, onFile: Bool = true
  ) async {
    for _ in 0..<(onFile ? 2400 : 400) where store.statfs().available * 100 < before * least {
      await store.checkpoint()
      if onFile { try? await Task.sleep(for: .milliseconds(50)) }
    }
    #expect(store.statfs().available * 100 >= before * least)
    #expect(store.statfs().allocated == 0)
  }

  @Test(arguments: [(4 << 10, 192, 80), (64 << 10, 256, 90), (4 << 20, 768, 90)])
  func `on a file, one PG gets what there is`(bytes: Int, mebibytes: Int, least: Int) async throws {
    try await onFile("\(bytes)", bytes: UInt64(mebibytes) << 20, .data(bytes)) {
      try await fillTwice($0, least, $1)
    }
  }

  @Test func `transactions as large as may be wait for their places in the ring`() throws {
    try inMemory(bytes: 64 << 20, .omap(298)) { filler, remount in
      #expect(filler.store.metadataBytesMax - filler.kind.bytes < 2048)
      for place in 0..<Self.partitions { await filler.fill(place, most: 4) }
      try await check(filler, least: 0, remount)
      #expect(filler.objectCount == 4 * Self.partitions)
    }
  }

  @Test(arguments: [(4 << 10, 64), (64 << 10, 64), (4 << 20, 256)])
  func `in memory, one PG gets what there is`(bytes: Int, mebibytes: Int) throws {
    try inMemory(bytes: mebibytes << 20, .data(bytes)) {
      try await fillTwice($0, 90, onFile: false, $1)
    }
  }
}
