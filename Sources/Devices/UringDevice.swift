import Base
import Buffers
import Reactors

/// A reactor's way to the device through its ring: what is asked in a tick is submitted at its end, by
/// the call that also waits. Confined to the reactor.
package final class UringDevice: BlockDevice, @unchecked Sendable {
  package let file: DeviceFile
  package let perf: PerfCounters
  private let reactor: Reactor
  private let driver: UringDriver

  package init(_ file: DeviceFile, reactor: Reactor, driver: UringDriver, perf: PerfCounters? = nil)
  {
    self.file = file
    self.reactor = reactor
    self.driver = driver
    self.perf = perf ?? DeviceCounter.make()
  }

  package var byteCount: UInt64 { file.byteCount }

  package func write(
    _ bytes: BufferList, at offset: UInt64, completion: @escaping (SystemError?) -> Void
  ) {
    checkPlace(offset, bytes.count)
    submit(
      DeviceOperation(write: bytes, at: offset, now: reactor.clock.now, completion: completion))
  }

  package func read(
    at offset: UInt64, count: Int, completion: @escaping (Result<ByteSlice, SystemError>) -> Void
  ) {
    checkPlace(offset, count)
    let target = ByteSlice(reactor.pool.slab(capacity: count), count: count)
    submit(
      DeviceOperation(read: target, at: offset, now: reactor.clock.now, completion: completion))
  }

  package func flush(completion: @escaping (SystemError?) -> Void) {
    submit(DeviceOperation(flushNow: reactor.clock.now, completion: completion))
  }

  private func submit(_ operation: DeviceOperation) { queue(Request(operation, device: self)) }

  private func queue(_ request: Request) {
    let operation = request.operation
    let (segments, count, offset) = operation.fill()
    switch operation.kind {
    case .read:
      driver.read(
        request, descriptor: file.descriptor, segments: segments, count: count, offset: offset)
    case .write:
      driver.write(
        request, descriptor: file.descriptor, segments: segments, count: count, offset: offset)
    case .flush: driver.syncData(request, descriptor: file.descriptor)
    }
  }

  private final class Request: RingOperation {
    let operation: DeviceOperation
    let device: UringDevice

    init(_ operation: DeviceOperation, device: UringDevice) {
      self.operation = operation
      self.device = device
    }

    func completed(_ result: Int32) {
      guard operation.advance(Int64(result)) else { return device.queue(self) }
      device.perf.count(operation, now: device.reactor.clock.now)
      operation.finish()
    }
  }
}
