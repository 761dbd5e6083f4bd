import Base
import ObjectStores

/// A transaction for which there is no room waits for it, and whatever follows it in its partition
/// with it. Whoever asks `statfs` before has no need to wait for long.
extension Partition {
  /// Tells of more room come late or not at all: of the index that shrank, say.
  private static let roomRetry = Duration.milliseconds(10)
  /// After so many a store that is being closed waits no longer.
  private static let roomTriesMax = 100

  /// Whether there is room for so many blocks, which is then the transaction's; else asks all logs for
  /// what is on its way, and calls `drain` when something has come.
  func prepareRoom(_ blocks: Int) -> Bool {
    guard blocks > 0, !space.reserve(blocks) else {
      isShortOfRoom = false
      roomTries = 0
      return true
    }
    if !isShortOfRoom { waitForRoom() }
    return false
  }

  private func waitForRoom() {
    isShortOfRoom = true
    roomTries += 1
    let tries = roomTries
    shared.wantMarks()
    space.map.whenFreed(space.partition) { [weak self] in
      guard let self else { return }
      reactor.post { self.roomCame(tries) }
    }
    reactor.schedule(after: Self.roomRetry) { [weak self] in self?.roomCame(tries) }
  }

  /// Of the two that call, only the first of the last try counts.
  private func roomCame(_ tries: Int) {
    guard isShortOfRoom, tries == roomTries, !host.hasFailed else { return }
    isShortOfRoom = false
    if isClosing, roomTries > Self.roomTriesMax { forgetWaiting() }
    drain()
  }

  /// None of it was acknowledged.
  private func forgetWaiting() {
    host.log?.error(
      .bluestore, nil, "partition \(index): closed with transactions that found no room")
    var kept = Queue<Waiting>()
    for entry in waiting {
      if case .transaction = entry { continue }
      kept.append(entry)
    }
    waiting = kept
    queuedUnits = 0
  }
}

extension Transaction {
  /// Units that its writes may take.
  var writtenUnits: Int {
    operations.reduce(0) { sum, operation in
      guard case .write(let offset, let data) = operation.action else { return sum }
      return sum + Partition.blocksTouched(offset, UInt64(data.count))
    }
  }
}
