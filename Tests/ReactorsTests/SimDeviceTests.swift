import Base
import Buffers
import Devices
import Reactors
import TestKit
import Testing

@Suite struct SimDeviceTests {
  @Test func `what is written is read back, and survives a flush and a crash`() {
    let clock = SimClock(seed: 1)
    let driver = SimDriver(clock: clock)
    let reactor = Reactor(driver: driver, clock: clock)
    let media = SimMedia(byteCount: 1 << 20)
    let device = SimDevice(media: media, driver: driver)
    let block = BufferList(ByteSlice((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7) }))
    nonisolated(unsafe) var read: ByteSlice?
    reactor.post {
      device.write(block, at: 8192) { #expect($0 == nil)
        device.flush { #expect($0 == nil)
          device.read(at: 8192, count: 4096) { read = try? $0.get() }
        }
      }
    }
    #expect(reactor.run { read != nil })
    #expect(read?.array == block.array)
    var random = SeededRandom(seed: 2)
    device.crash(random: &random)
    let next = SimDevice(media: media, driver: driver)
    #expect(next.content(8192, 4096).array == block.array)
  }
}
