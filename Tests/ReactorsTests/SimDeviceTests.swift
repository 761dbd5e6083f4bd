import Base
import Buffers
import Devices
import Glibc
import Reactors
import TestKit
import Testing

/// A simulated device on a reactor of its own, over a medium that outlives it.
private final class Bench {
  let media: SimMedia
  let clock: SimClock
  let reactor: Reactor
  let device: SimDevice

  init(media: SimMedia = SimMedia(byteCount: 1 << 20), seed: UInt64) {
    self.media = media
    clock = SimClock(seed: seed)
    let driver = SimDriver(clock: clock)
    reactor = Reactor(driver: driver, clock: clock)
    device = SimDevice(media: media, driver: driver)
  }

  func write(_ bytes: ByteSlice, at offset: UInt64) -> SystemError? {
    var outcome: SystemError??
    device.write(BufferList(bytes), at: offset) { outcome = .some($0) }
    reactor.run { outcome != nil }
    return outcome ?? nil
  }

  func flush() -> SystemError? {
    var outcome: SystemError??
    device.flush { outcome = .some($0) }
    reactor.run { outcome != nil }
    return outcome ?? nil
  }

  func read(at offset: UInt64, count: Int) -> Result<ByteSlice, SystemError>? {
    var outcome: Result<ByteSlice, SystemError>?
    device.read(at: offset, count: count) { outcome = $0 }
    reactor.run { outcome != nil }
    return outcome
  }

  func crash(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    device.crash(random: &random)
    reactor.run { false }
  }
}

@Suite struct SimDeviceTests {
  private func block(_ fill: UInt8, count: Int = 4096) -> ByteSlice {
    ByteSlice(repeatElement(fill, count: count))
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `what is written is read back, and survives a crash after a flush`(seed: UInt64) {
    let bench = Bench(seed: seed)
    let bytes = pattern(5 * 4096, seed: seed)
    #expect(bench.write(bytes, at: 8192) == nil)
    #expect(bench.read(at: 8192, count: bytes.count) == .success(bytes))
    #expect(bench.flush() == nil)
    bench.crash(seed: seed)
    let next = Bench(media: bench.media, seed: seed)
    #expect(next.read(at: 8192, count: bytes.count) == .success(bytes))
    #expect(next.read(at: 0, count: 4096) == .success(block(0)))
  }

  @Test func `without a flush each sector survives or not, and every mixture comes`() {
    var outcomes: Set<[Bool]> = []
    let zeros = block(0, count: 512)
    let ones = block(1, count: 512)
    let whole = block(1)
    for seed in 0..<2000 as Range<UInt64> {
      let bench = Bench(seed: seed)
      #expect(bench.write(whole, at: 4096) == nil)
      bench.crash(seed: seed)
      let sectors = (0..<8).map { sector in
        let bytes = ByteSlice(
          copying: .init(start: bench.media.bytes + 4096 + 512 * sector, count: 512))
        #expect(bytes == zeros || bytes == ones)
        return bytes == ones
      }
      outcomes.insert(sectors)
    }
    #expect(outcomes.contains(Array(repeating: true, count: 8)))
    #expect(outcomes.contains(Array(repeating: false, count: 8)))
    #expect(outcomes.count > 100)
  }

  @Test
  func `a later write of a block may be lost while an earlier one survives, and the other way`() {
    var found: Set<UInt8> = []
    for seed in 0..<300 as Range<UInt64> {
      let bench = Bench(seed: seed)
      for fill in 1...3 as ClosedRange<UInt8> { #expect(bench.write(block(fill), at: 0) == nil) }
      bench.crash(seed: seed)
      found.insert(bench.media.bytes.load(as: UInt8.self))
    }
    #expect(found == [0, 1, 2, 3])
  }

  @Test func `a flush covers only what was completed before it was asked for`() {
    var lost = 0
    for seed in 0..<300 as Range<UInt64> {
      let bench = Bench(seed: seed)
      #expect(bench.write(block(1), at: 0) == nil)
      var flushed = false
      var written = false
      bench.device.write(BufferList(block(2)), at: 4096) { _ in written = true }
      bench.device.flush { _ in flushed = true }
      bench.reactor.run { flushed && written }
      bench.crash(seed: seed)
      #expect(bench.media.bytes.load(as: UInt8.self) == 1)
      if bench.media.bytes.load(fromByteOffset: 4096, as: UInt8.self) == 0 { lost += 1 }
    }
    #expect(lost > 50)
  }

  @Test
  func `what is under way at a crash fails, may be there in part, and nothing works afterwards`() {
    var kept = 0
    for seed in 0..<100 as Range<UInt64> {
      let bench = Bench(seed: seed)
      var errors: [SystemError?] = []
      bench.device.write(BufferList(block(7)), at: 0) { errors.append($0) }
      bench.crash(seed: seed)
      #expect(errors.map { $0?.errno } == [ENXIO])
      #expect(bench.write(block(8), at: 4096)?.errno == ENXIO)
      #expect(bench.flush()?.errno == ENXIO)
      if bench.media.bytes.load(as: UInt8.self) == 7 { kept += 1 }
    }
    #expect(kept > 10 && kept < 90)
  }

  @Test func `one seed is one outcome`() {
    func life() -> [UInt8] {
      let bench = Bench(seed: 77)
      for at in 0..<20 as Range<UInt64> {
        bench.device.write(BufferList(block(UInt8(at + 1))), at: at * 4096) { _ in }
      }
      bench.reactor.run { bench.clock.now.nanoseconds > 1_000_050_000 }
      bench.crash(seed: 78)
      return ByteSlice(copying: .init(start: bench.media.bytes, count: 20 * 4096)).array
    }
    #expect(life() == life())
  }

  @Test func `asked-for faults come where they were asked for`() {
    let bench = Bench(seed: 1)
    bench.device.faults.writesBeforeFailure = 1
    bench.device.faults.unreadableBlocks = [3]
    #expect(bench.write(block(1), at: 0) == nil)
    #expect(bench.write(block(1), at: 4096)?.errno == EIO)
    #expect(bench.write(block(1), at: 4096) == nil)
    bench.device.faults.flushesBeforeFailure = 0
    #expect(bench.flush()?.errno == EIO)
    #expect(bench.flush() == nil)
    #expect(bench.read(at: 2 * 4096, count: 8192).map { try? $0.get() } == .some(nil))
    #expect(bench.read(at: 4 * 4096, count: 4096) == .success(block(0)))
    bench.media.flipBit(3, at: 100)
    #expect((try? bench.read(at: 0, count: 4096)?.get())?[100] == 1 ^ 8)
  }

  @Test func `an erased medium is all zero`() {
    let bench = Bench(seed: 1)
    #expect(bench.write(block(1), at: 16384) == nil)
    #expect(bench.flush() == nil)
    bench.media.erase()
    #expect(bench.read(at: 16384, count: 4096) == .success(block(0)))
  }

  @Test func `one device serves several reactors, each on its own thread's turn`() {
    let world = SimWorld(seed: 5)
    let reactors = (0..<3).map { _ in world.makeReactor() }
    guard let driver = reactors[0].driver as? SimDriver else { return }
    let device = SimDevice(media: SimMedia(byteCount: 1 << 20), driver: driver)
    let left = Box(3)
    for (at, reactor) in reactors.enumerated() {
      reactor.post {
        device.write(BufferList(ByteSlice(zeros: 4096)), at: UInt64(at) * 4096) { error in
          #expect(error == nil)
          #expect(reactor.isCurrent)
          left.value -= 1
        }
      }
    }
    #expect(world.run { left.value == 0 })
  }
}
