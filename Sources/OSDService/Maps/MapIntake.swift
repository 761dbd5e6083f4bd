import Base
import Buffers
import ClusterMaps
import Messages
import ObjectStores
import RadosTypes

/// Turns map messages into maps that are checked, stored, and then published, epoch by epoch.
///
/// A message is taken only when the one before it is durable, so that no shard ever sees an epoch that
/// a crash could take back. Confined to the reactor of the meta collection.
final class MapIntake: LogPrefixed {
  /// What comes of a message.
  enum Outcome: Sendable {
    /// These are durable now, in order.
    case advanced([OSDMap])
    case nothingNew
    /// Epochs from here on are missing: ask for them.
    case needsMaps(from: UInt32)
    /// An incremental did not lead to the monitor's map: ask for full ones.
    case needsFullMaps(from: UInt32, to: UInt32)
  }

  private let history: MapHistory
  private let log: Log
  private let whoami: Int32
  private(set) var current: OSDMap

  init(history: MapHistory, log: Log, whoami: Int32) async throws {
    self.history = history
    self.log = log
    self.whoami = whoami
    let epoch = history.superblock.currentEpoch
    if epoch == 0 {
      current = OSDMap(OSDMap.Contents())
    } else {
      guard let bytes = await history.full(epoch) else {
        throw StoreError(5, "load map", "osdmap.\(epoch) is not in the store")
      }
      current = try OSDMap(wire: bytes)
    }
  }

  package var logPrefix: String { "osd.\(whoami) \(current.epoch)" }

  /// To be called with one message at a time.
  func take(_ message: MOSDMap) async -> Outcome {
    guard let first = message.firstEpoch, let last = message.lastEpoch, last > current.epoch else {
      return .nothingNew
    }
    let begin = current.epoch + 1
    if first > begin, current.epoch > 0, message.oldest <= begin { return .needsMaps(from: begin) }
    var transaction = Transaction()
    var fresh: [OSDMap] = []
    var gap: Outcome?
    for epoch in max(first, begin)...last where gap == nil {
      do {
        guard let step = try next(epoch, after: fresh.last ?? current, message) else {
          gap = .needsMaps(from: epoch)
          continue
        }
        history.keep(step.map)
        history.add(epoch, full: step.bytes, incremental: step.incremental, to: &transaction)
        fresh.append(step.map)
      } catch {
        log.error(.osd, self, "map \(epoch) is refused: \(error); asking for the full one")
        gap = .needsFullMaps(from: epoch, to: last)
      }
    }
    guard !fresh.isEmpty else { return gap ?? .nothingNew }
    await store(transaction, floor: message.oldest)
    current = fresh[fresh.count - 1]
    log.write(.osd, 3, self, "maps \(fresh[0].epoch) to \(current.epoch) taken")
    return .advanced(fresh)
  }

  private struct Step {
    let map: OSDMap
    let bytes: ByteSlice
    let incremental: ByteSlice?
  }

  /// The map of `epoch`, from a full one if the message has it, else by its incremental; nil if it has
  /// neither, or nothing to apply it to.
  private func next(
    _ epoch: UInt32, after previous: OSDMap, _ message: MOSDMap
  ) throws(OSDMapError) -> Step? {
    if let bytes = message.fulls[epoch] {
      return Step(map: try decode(bytes), bytes: bytes, incremental: message.incrementals[epoch])
    }
    guard let bytes = message.incrementals[epoch], previous.epoch + 1 == epoch else { return nil }
    let incremental: OSDMap.Incremental
    do { incremental = try OSDMap.Incremental(wire: bytes) } catch { throw .decode(error) }
    let (map, full) = try previous.applying(incremental)
    return Step(map: map, bytes: full, incremental: bytes)
  }

  private func decode(_ bytes: ByteSlice) throws(OSDMapError) -> OSDMap {
    do { return try OSDMap(wire: bytes) } catch { throw .decode(error) }
  }

  private func store(_ transaction: consuming Transaction, floor: UInt32) async {
    var transaction = transaction
    history.superblock.mapTrimLowerBound = max(history.superblock.mapTrimLowerBound, floor)
    history.trim(to: history.superblock.mapTrimLowerBound, in: &transaction)
    history.writeSuperblock(to: &transaction)
    let prepared = transaction
    await withUnsafeContinuation { continuation in
      history.commit(prepared) { continuation.resume() }
    }
  }
}
