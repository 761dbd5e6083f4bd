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
  private var reservation: FileReservation
  /// In the order in which they began.
  private var reservations: [DeviceOperation] = []
  /// A flush comes after those before it, so that nothing is under way in a file that is closed after its
  /// last flush: it waits for `last`, and all that are older.
  private var flushesWaiting: [(flush: DeviceOperation, last: DeviceOperation)] = []

  package init(_ file: DeviceFile, reactor: Reactor, driver: UringDriver, perf: PerfCounters? = nil)
  {
    self.file = file
    self.reactor = reactor
    self.driver = driver
    reservation = FileReservation(file)
    self.perf = perf ?? DeviceCounter.make()
  }

  package var byteCount: UInt64 { file.byteCount }

  package func write(
    _ bytes: BufferList, at offset: UInt64, isDurable: Bool,
    completion: @escaping (SystemError?) -> Void
  ) {
    checkPlace(offset, bytes.count)
    if let extent = reservation.extent(before: bytes.count, at: offset) {
      let operation = DeviceOperation(reserve: extent, now: reactor.clock.now)
      reservations.append(operation)
      submit(operation)
    }
    submit(
      DeviceOperation(
        write: bytes, at: offset, isDurable: isDurable, now: reactor.clock.now,
        completion: completion))
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
    let operation = DeviceOperation(flushNow: reactor.clock.now, completion: completion)
    if let last = reservations.last {
      flushesWaiting.append((operation, last))
    } else {
      submit(operation)
    }
  }

  /// Asks the kernel for what is left of it; `completed` comes back with the answer.
  private func submit(_ operation: DeviceOperation) {
    operation.ringDevice = self
    let (segments, count, offset) = operation.fill()
    let descriptor = file.descriptor
    switch operation.kind {
    case .read:
      driver.read(
        operation, descriptor: descriptor, segments: segments, count: count, offset: offset)
    case .write:
      driver.write(
        operation, descriptor: descriptor, segments: segments, count: count, offset: offset,
        isDurable: operation.isDurable)
    case .flush: driver.syncData(operation, descriptor: descriptor)
    case .reserve:
      driver.reserve(operation, descriptor: descriptor, offset: offset, count: operation.total)
    }
  }

  fileprivate func completed(_ operation: DeviceOperation, _ result: Int32) {
    guard operation.advance(Int64(result)) else { return submit(operation) }
    operation.ringDevice = nil
    perf.count(operation, now: reactor.clock.now)
    operation.finish()
    if operation.kind == .reserve { reserved(operation) }
  }

  private func reserved(_ reservation: DeviceOperation) {
    guard let place = reservations.firstIndex(where: { $0 === reservation }) else { return }
    reservations.remove(at: place)
    // Who waits for it now waits for the one before.
    for index in flushesWaiting.indices where flushesWaiting[index].last === reservation {
      if place > 0 { flushesWaiting[index].last = reservations[place - 1] }
    }
    guard place == 0 else { return }
    while let (flush, last) = flushesWaiting.first, last === reservation {
      flushesWaiting.removeFirst()
      submit(flush)
    }
  }
}

extension DeviceOperation: RingOperation {
  func completed(_ result: Int32) { ringDevice?.completed(self, result) }
}
