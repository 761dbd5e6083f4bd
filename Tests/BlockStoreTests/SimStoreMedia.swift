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
final class SimIndexRunner: IndexRunner, @unchecked Sendable {
  private let reactor: Reactor
  private let clock: SimClock
  private let driver: SimDriver
  private var changes: [@Sendable () -> Void] = []
  private var isChanging = false
  /// Set at a crash: nothing runs any more.
  var isDead = false

  init(reactor: Reactor, clock: SimClock) {
    self.reactor = reactor
    self.clock = clock
    driver = reactor.driver as! SimDriver
  }

  private func later(_ work: @escaping () -> Void) {
    clock.after(nanoseconds: 1000 + clock.random.next() % 150_000, on: driver, work)
  }

  func read(_ work: @escaping @Sendable () -> Void) {
    later { if !self.isDead { work() } }
  }

  func change(_ work: @escaping @Sendable () -> Void) {
    changes.append(work)
    if !isChanging { runNext() }
  }

  private func runNext() {
    guard !changes.isEmpty, !isDead else { return }
    isChanging = true
    let work = changes.removeFirst()
    later {
      guard !self.isDead else { return }
      work()
      self.isChanging = false
      self.runNext()
    }
  }

  func stop() {}
}

/// A store's simulated device and index, which outlive crashes.
final class SimStoreMedia: StoreMedia, @unchecked Sendable {
  let media: SimMedia
  var keyValue = MemoryKeyValue()
  private(set) var devices: [SimDevice] = []
  private(set) var runner: SimIndexRunner?
  let world: SimWorld

  init(_ media: SimMedia, world: SimWorld) {
    self.media = media
    self.world = world
  }

  /// Writes a new store's superblocks to the medium.
  static func format(_ media: SimMedia, _ options: StoreFormatOptions, id: UInt64) throws {
    var superblock = try Superblock(
      deviceBytes: UInt64(media.byteCount), storeID: UniqueID(high: id, low: 1), options: options,
      metadata: ["osd": "0"])
    for copy in try superblock.formatted() {
      media.write(copy.bytes.start, count: copy.bytes.count, at: Int(copy.offset))
    }
  }

  func device(for reactor: Reactor) throws -> any BlockDevice {
    // One cache for the one device, whichever reactor asks.
    if let device = devices.first { return device }
    let device = SimDevice(media: media, driver: reactor.driver as! SimDriver)
    devices.append(device)
    return device
  }

  func openIndex(_ space: IndexSpace) throws -> (any KeyValue, any IndexRunner) {
    let runner = SimIndexRunner(reactor: world.reactors[0], clock: world.clock)
    self.runner = runner
    return (keyValue, runner)
  }

  func close(_ keyValue: any KeyValue, _ runner: any IndexRunner) {
    devices.removeAll()
    self.runner = nil
  }
}
