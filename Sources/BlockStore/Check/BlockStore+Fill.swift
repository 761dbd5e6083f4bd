import Base

/// How full a store and its logs are, for tests.
package struct StoreFill: Sendable {
  package var units = 0
  package var usedUnits = 0
  /// What any partition could allocate now.
  package var freeUnits = 0
  /// Of each log: its id, its ring's size, and how much has ever been written to it.
  package var logs: [(id: UInt32, ringBytes: UInt64, writtenBytes: UInt64)] = []
  /// Whose data went to the log first.
  package var deferredWrites = 0
}

extension BlockStore {
  /// On the store's only thread.
  package var fill: StoreFill {
    let store = current("fill")
    var fill = StoreFill()
    fill.units = store.shared.spaceMap.regionCount * store.shared.spaceMap.regionUnits
    fill.usedUnits = store.usedUnits
    fill.freeUnits = store.shared.spaceMap.now.roomForData
    fill.deferredWrites = store.hosts.reduce(0) {
      $0 + Int($1.perf.value(StoreCounter.deferredWrites).sum)
    }
    fill.logs = store.logs.map { ($0.place.id, $0.place.bytes, $0.head.offset) }
    return fill
  }

  /// Logs that are being brought to the index just now; on the store's only thread.
  package var checkpointsRunning: Int {
    current("checkpointsRunning").logs.count { $0.checkpoint.isRunning }
  }
}
