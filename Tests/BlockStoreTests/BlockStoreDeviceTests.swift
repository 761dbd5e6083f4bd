import Base
import BlockStore
import Buffers
import Devices
import Glibc
import KeyValue
import ObjectStores
import RadosTypes
import Reactors
import TestKit
import Testing

/// The store on a real file with its real index, through both event drivers.
@Suite(.serialized) struct BlockStoreDeviceTests {
  enum Driver: CaseIterable {
    case epoll, uring

    func make() throws -> any EventDriver {
      switch self {
      case .epoll: try EpollDriver()
      case .uring: try UringDriver()
      }
    }
  }

  private static let rocks = {
    var rocks = RocksOptions()
    rocks.writeBufferBytes = 256 << 10
    rocks.blockCacheBytes = 1 << 20
    return rocks
  }()

  private func run(_ driver: Driver, _ body: @escaping (StoreHarness) async throws -> Void) throws {
    let path = "/tmp/loligo-store-test-\(getpid())-\(driver)"
    unlink(path)
    defer { unlink(path) }
    try BlockStore.format(
      path: path, fileBytes: 2 << 30, metadata: ["whoami": "7"], storeID: UniqueID())
    let reactor = Reactor(driver: try driver.make())
    let store = try BlockStore(path: path, rocks: Self.rocks) {
      Issue.record("the store failed: \($0)")
    }
    try StoreHarness.run(on: reactor) {
      try await store.mount(reactors: [reactor])
      let harness = StoreHarness(store: store, reactor: reactor) { store in
        try await store.unmount()
        try await store.mount(reactors: [reactor])
        return store
      }
      try await body(harness)
      // A case may end before its last write has landed; a check is of a store at rest.
      await store.checkpoint()
      let found = try await store.check(deep: true).errors
      #expect(found.isEmpty, "\(found)")
      try await harness.remount()
      #expect(store.metadata == ["whoami": "7"])
      #expect(try await store.check(deep: true).errors == [])
      try await store.unmount()
    }
  }

  @Test(arguments: Driver.allCases)
  func `lets go of the device when it is unmounted`(driver: Driver) throws {
    let path = "/tmp/loligo-store-unmount-\(getpid())-\(driver)"
    defer { unlink(path) }
    try BlockStore.format(path: path, fileBytes: 2 << 30, metadata: [:], storeID: UniqueID())
    let reactor = Reactor(driver: try driver.make())
    let store = try BlockStore(path: path, rocks: Self.rocks) {
      Issue.record("the store failed: \($0)")
    }
    var handle: StoreCollection?
    try StoreHarness.run(on: reactor) {
      try await store.mount(reactors: [reactor])
      #expect(throws: SystemError.self) { try DeviceFile(path: path, patience: .zero) }
      let harness = StoreHarness(store: store, reactor: reactor) { $0 }
      handle = await harness.makeCollection(.meta)
      try await store.unmount()
    }
    // Threads of the epoll driver's device end by themselves.
    _ = try DeviceFile(path: path, patience: .seconds(5))
    #expect(handle?.id == .meta)
    #expect(store.metadata == [:])
  }

  @Test(arguments: StoreConformance.cases)
  func `keeps the contract by io_uring`(_ example: StoreConformance.Case) throws {
    try run(.uring, example.body)
  }

  @Test(arguments: Driver.allCases, 1...4)
  func `does what plain arrays do`(driver: Driver, seed: UInt64) throws {
    try run(driver) { harness in
      var model = await StoreModelRun(harness, seed: seed)
      try await model.run(transactions: 200)
    }
  }

  @Test func `a read from the device finds what has rotted under the cache`() throws {
    try run(.uring) { harness in
      let meta = await harness.makeCollection(.meta)
      let object = StoreSamples.object("rots")
      // Too much to stand in the log as well.
      let content = (0..<32768).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 5) }
      await harness.commit(on: meta) {
        $0.write(object, in: .meta, offset: 0, data: BufferList(content))
      }
      await harness.store.checkpoint()
      func readFromDevice() async -> [UInt8]? {
        try? await harness.store.readFromDevice(object, in: meta, offset: 0, length: .max).array
      }
      #expect(await readFromDevice() == content)
      let file = "/tmp/loligo-store-test-\(getpid())-\(Driver.uring)"
      try Self.flip(content, of: file)
      try await harness.expectData(object, in: meta, content)
      #expect(await readFromDevice() == nil)
      try Self.flip(content, of: file)
      #expect(await readFromDevice() == content)
    }
  }

  /// `SEEK_DATA` of `lseek`: on to where the file has something.
  private static let seekData: Int32 = 3

  /// Turns one bit of what begins where the file has the content, or had before the last call.
  private static func flip(_ content: [UInt8], of path: String) throws {
    let file = open(path, O_RDWR)
    defer { close(file) }
    try #require(file >= 0)
    var block = [UInt8](repeating: 0, count: 4096)
    var at = lseek(file, 0, seekData)
    while at >= 0, pread(file, &block, 4096, at) == 4096 {
      if block == Array(content[..<4096]) {
        var byte: UInt8 = 0
        try #require(pread(file, &byte, 1, at + 20000) == 1)
        byte ^= 1
        try #require(pwrite(file, &byte, 1, at + 20000) == 1)
        fsync(file)
        return
      }
      at = lseek(file, at + 4096, seekData)
    }
    Issue.record("the content is nowhere in \(path)")
  }
}
