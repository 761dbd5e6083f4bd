import Base
import Buffers
import Devices

/// Units whose data is durable in a log's records and not yet at their place on the device.
///
///     in a record ──▶ queued ──bringHome──▶ under way ──all of it written──▶ home ──flush──▶ durable there
///
/// A checkpoint waits for what was queued when it began, for then the ring's records go. What is freed
/// while it is queued is never written; while it is under way, its flight counts as a read of the
/// partition, so that the unit is nobody else's before it has ended. Confined to the log's reactor.
/// Ceph: deferred writes of BlueStore.
final class DeferredWrites {
  private struct Entry {
    let bytes: ByteSlice
    unowned let partition: Partition
  }

  private let device: any BlockDevice
  private let host: StoreHost
  private var queued: [UInt64: Entry] = [:]
  private var underWay: [UInt64: Entry] = [:]
  /// Something came home that no flush begun later has made durable.
  private var needsFlush = false
  /// Called whenever all that was under way has come home.
  var onHome: () -> Void = {}

  init(device: any BlockDevice, host: StoreHost) {
    self.device = device
    self.host = host
  }

  /// Nothing waits to be written, or is being written.
  var isHome: Bool { queued.isEmpty && underWay.isEmpty }

  func add(_ bytes: ByteSlice, unit: UInt64, of partition: Partition) {
    queued[unit] = Entry(bytes: bytes, partition: partition)
    if queued.count >= host.options.deferredUnitsMax { bringHome() }
  }

  func find(_ unit: UInt64) -> ByteSlice? {
    if isHome { return nil }
    return (queued[unit] ?? underWay[unit])?.bytes
  }

  /// The unit is nobody's any more.
  func drop(_ unit: UInt64) {
    if !queued.isEmpty { queued[unit] = nil }
  }

  func abandon() {
    queued.removeAll()
    underWay.removeAll()
    onHome = {}
  }

  // MARK: The way home

  /// Writes all that is queued to its place, neighbours at once.
  func bringHome() {
    guard !queued.isEmpty, !host.hasFailed else { return }
    let units = queued.keys.sorted()
    let flight = Flight(partitions: queued.values.lazy.map(\.partition))
    underWay.merge(queued) { $1 }
    queued.removeAll(keepingCapacity: true)
    for run in units.neighbourRuns(most: Limits.deferredRunUnitsMax) { write(run, flight) }
  }

  private func write(_ units: ArraySlice<UInt64>, _ flight: Flight) {
    var bytes = BufferList()
    for unit in units { bytes.append(underWay[unit]!.bytes) }
    flight.writesLeft += 1
    device.write(bytes, at: units.first! * UInt64(Limits.unitBytes)) { [self] error in
      if let error { return host.fail(error) }
      for unit in units { underWay[unit] = nil }
      needsFlush = true
      flight.writesLeft -= 1
      guard flight.writesLeft == 0, !host.hasFailed else { return }
      flight.end()
      if underWay.isEmpty { onHome() }
    }
  }

  /// Calls `done` when all that has come home is durable there; at once if it is.
  func makeDurable(_ done: @escaping () -> Void) {
    guard needsFlush, !host.options.mutants.contains(.dataLeftBehind) else { return done() }
    needsFlush = false
    device.flush { [self] error in
      if let error { return host.fail(error) }
      if !host.hasFailed { done() }
    }
  }

  /// Writes that were begun together.
  private final class Flight {
    var writesLeft = 0
    private var reads: [(partition: Partition, number: UInt64)] = []

    init(partitions: some Sequence<Partition>) {
      for partition in partitions where !reads.contains(where: { $0.partition === partition }) {
        reads.append((partition, partition.dataReads.begin()))
      }
    }

    func end() {
      for read in reads { read.partition.endDataRead(read.number) }
      reads.removeAll()
    }
  }
}
