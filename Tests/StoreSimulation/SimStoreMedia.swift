import Base
import BlockStore
import Buffers
import Devices
import KeyValue
import RadosTypes
import Reactors
import TestKit

/// Runs the index's work later on a reactor of a simulation, reads and changes each in order of their
/// own.
package final class SimIndexRunner: IndexRunner, @unchecked Sendable {
  private let reactor: Reactor
  private let clock: SimClock
  private let driver: SimDriver
  private var changes: [@Sendable () -> Void] = []
  private var isChanging = false

  /// Longest that a piece of work takes to begin.
  private let delayMax: UInt64

  package init(reactor: Reactor, clock: SimClock, delayMax: UInt64) {
    self.delayMax = delayMax
    self.reactor = reactor
    self.clock = clock
    driver = reactor.driver as! SimDriver
  }

  private func later(_ work: @escaping () -> Void) {
    clock.after(nanoseconds: 1000 + clock.random.next() % delayMax, on: driver, work)
  }

  package func read(_ work: @escaping @Sendable () -> Void) {
    later { work() }
  }

  package func change(_ work: @escaping @Sendable () -> Void) {
    changes.append(work)
    if !isChanging { runNext() }
  }

  private func runNext() {
    guard !changes.isEmpty else { return }
    isChanging = true
    let work = changes.removeFirst()
    later {
      work()
      self.isChanging = false
      self.runNext()
    }
  }

  package func stop() {}
}

/// A store's simulated device and index, which outlive crashes.
package final class SimStoreMedia: StoreMedia, @unchecked Sendable {
  package let media: SimMedia
  package var keyValue = MemoryKeyValue()
  package private(set) var devices: [SimDevice] = []
  package private(set) var runner: SimIndexRunner?
  package let world: SimWorld
  private var space: IndexSpace?
  private var readsBefore = 0
  package var indexDelay: UInt64 = 150_000

  package init(_ media: SimMedia, keyValue: MemoryKeyValue = MemoryKeyValue(), world: SimWorld) {
    self.media = media
    self.keyValue = keyValue
    self.world = world
  }

  /// Of a store of a few MiB.
  package static func smallFormat(partitions: Int, logBytes: UInt64) -> StoreFormatOptions {
    var format = StoreFormatOptions()
    format.deviceBytesMin = 0
    format.partitionCount = partitions
    format.logAreaBytes = logBytes
    format.indexAreaBytes = 4096
    format.regionBytes = 1 << 20
    return format
  }

  /// Writes a new store's superblocks to the medium.
  package static func format(_ media: SimMedia, _ options: StoreFormatOptions, id: UInt64) throws {
    var superblock = try Superblock(
      deviceBytes: UInt64(media.byteCount), storeID: UniqueID(high: id, low: 1), options: options,
      metadata: ["osd": "0"])
    for copy in try superblock.formatted() {
      media.write(copy.bytes.start, count: copy.bytes.count, at: Int(copy.offset))
    }
  }

  package func device(for reactor: Reactor) throws -> any BlockDevice {
    // One cache for the one device, whichever reactor asks.
    if let device = devices.first { return device }
    let device = SimDevice(media: media, driver: reactor.driver as! SimDriver)
    devices.append(device)
    return device
  }

  package func openIndex(_ space: IndexSpace) throws -> (any KeyValue, any IndexRunner) {
    let runner = SimIndexRunner(
      reactor: world.reactors[0], clock: world.clock, delayMax: indexDelay)
    self.runner = runner
    self.space = space
    readsBefore = devices.first?.reads ?? 0
    return (keyValue, runner)
  }

  /// What a start reads once the index is open is the log, and what the log names.
  package var hasReadLog: Bool { space != nil && (devices.first?.reads ?? 0) > readsBefore }

  /// Power is lost: what was not flushed may be gone, of the device and of the index. Now and then all
  /// of one kind is kept and nothing of the other: data without their records, or records without
  /// their data.
  package func crash(random: inout SeededRandom) {
    if random.next() % 4 == 0 {
      let keepsData = random.next() % 2 == 0
      settle(keepingLog: !keepsData, keepingData: keepsData)
    } else {
      devices.first?.crash(random: &random)
    }
    keyValue = keyValue.crash(using: &random)
  }

  /// Power is lost: of what was not flushed, all of the log or of the data is kept, or nothing; of the
  /// index nothing.
  package func crash(keepingLog: Bool, keepingData: Bool) {
    settle(keepingLog: keepingLog, keepingData: keepingData)
    keyValue = keyValue.crash(keeping: 0)
  }

  private func settle(keepingLog: Bool, keepingData: Bool) {
    devices.first?.crash {
      self.space?.regionStart(containing: UInt64($0)) == nil ? keepingLog : keepingData
    }
  }

  package func close(_ keyValue: any KeyValue, _ runner: any IndexRunner) {
    devices.removeAll()
    self.runner = nil
  }
}
