import Base
import Buffers
import Reactors

/// A reactor's way to the device where there is no ring: a few threads with blocking calls, whose
/// completions come back in batches. Confined to the reactor but for its threads' loop.
package final class ThreadedDevice: BlockDevice, @unchecked Sendable {
  package let file: DeviceFile
  package let perf: PerfCounters
  private unowned let reactor: Reactor
  private let workers: DeviceWorkers
  private var reservation: FileReservation

  package init(
    _ file: DeviceFile, reactor: Reactor, threads: Int = 4, perf: PerfCounters? = nil
  )
    throws(SystemError)
  {
    self.file = file
    self.reactor = reactor
    self.perf = perf ?? DeviceCounter.make()
    reservation = FileReservation(file)
    workers = try DeviceWorkers(file, reactor: reactor, threads: threads, perf: self.perf)
  }

  deinit { workers.stop() }

  package var byteCount: UInt64 { file.byteCount }

  package func write(
    _ bytes: BufferList, at offset: UInt64, isDurable: Bool,
    completion: @escaping (SystemError?) -> Void
  ) {
    checkPlace(offset, bytes.count)
    if let extent = reservation.extent(before: bytes.count, at: offset) {
      workers.add(DeviceOperation(reserve: extent, now: reactor.clock.now))
    }
    workers.add(
      DeviceOperation(
        write: bytes, at: offset, isDurable: isDurable, now: reactor.clock.now,
        completion: completion))
  }

  package func read(
    at offset: UInt64, count: Int, completion: @escaping (Result<ByteSlice, SystemError>) -> Void
  ) {
    checkPlace(offset, count)
    let target = ByteSlice(reactor.pool.slab(capacity: count), count: count)
    workers.add(
      DeviceOperation(read: target, at: offset, now: reactor.clock.now, completion: completion))
  }

  package func flush(completion: @escaping (SystemError?) -> Void) {
    workers.add(DeviceOperation(flushNow: reactor.clock.now, completion: completion))
  }
}

/// The threads of a `ThreadedDevice`, and what waits for them. They outlive it until their queue is
/// empty.
private final class DeviceWorkers: @unchecked Sendable {
  private let file: DeviceFile
  private let reactor: Reactor
  private let perf: PerfCounters
  private let lock = Lock()
  private let changed = Condition()
  private var threads: [SystemThread] = []

  // Under `lock`.
  private var waiting: [DeviceOperation] = []
  private var next = 0
  private var idle = 0
  private var ended: [DeviceOperation] = []
  private var isStopping = false

  init(
    _ file: DeviceFile, reactor: Reactor, threads count: Int, perf: PerfCounters
  ) throws(SystemError) {
    self.file = file
    self.reactor = reactor
    self.perf = perf
    do {
      for _ in 0..<count { threads.append(try SystemThread("device") { self.run() }) }
    } catch {
      stop()
      throw error
    }
  }

  /// Lets the threads end when nothing waits any more. Not waited for.
  func stop() {
    lock.withLock { isStopping = true }
    changed.broadcast()
    for thread in threads { thread.detach() }
    threads = []
  }

  func add(_ operation: DeviceOperation) {
    let wakes = lock.withLock {
      waiting.append(operation)
      return idle > 0
    }
    if wakes { changed.signal() }
  }

  private func run() {
    while let operation = take() {
      operation.perform(on: file.descriptor)
      let isFirst = lock.withLock {
        ended.append(operation)
        return ended.count == 1
      }
      if isFirst { reactor.post { self.finish() } }
    }
  }

  private func take() -> DeviceOperation? {
    lock.withLock {
      while next == waiting.count {
        if isStopping { return nil }
        idle += 1
        changed.wait(lock)
        idle -= 1
      }
      let operation = waiting[next]
      next += 1
      if next == waiting.count {
        waiting.removeAll(keepingCapacity: true)
        next = 0
      }
      return operation
    }
  }

  /// On the reactor: completes all that has ended.
  private func finish() {
    let batch = lock.withLock {
      defer { ended = [] }
      return ended
    }
    for operation in batch {
      perf.count(operation, now: reactor.clock.now)
      operation.finish()
    }
  }
}
