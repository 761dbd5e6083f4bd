import Base
import Buffers

/// Data that came with a log's records: what of it belongs to somebody in the end may be nowhere else,
/// and is written to its place.
final class ReplayedData {
  /// By unit; nothing later was said of them.
  private var units: [UInt64: ByteSlice] = [:]
  /// Of the record at hand, what its next transactions allocate; empty if its data went their own way.
  private var left = ByteSlice.empty

  func begin(_ data: ByteSlice) { left = data }

  func allocated(_ run: UnitRun) {
    guard left.count > 0 else { return }
    for index in 0..<run.count {
      units[run.unit + UInt64(index)] = left.sub(index * Limits.unitBytes, Limits.unitBytes)
    }
    skip(run.count)
  }

  /// A run that was allocated by what the index already has is at its place.
  func skip(_ count: Int) { left = left.dropFirst(min(left.count, count * Limits.unitBytes)) }

  func freed(_ run: UnitRun) {
    if units.isEmpty { return }
    for index in 0..<run.count { units[run.unit + UInt64(index)] = nil }
  }

  /// Writes all to its place, neighbours at once; durable with the next flush.
  func bringHome(_ access: DeviceAccess) async throws {
    for run in units.keys.sorted().neighbourRuns(most: Limits.deferredRunUnitsMax) {
      var bytes = BufferList()
      for unit in run { bytes.append(units[unit]!) }
      try await access.write(bytes, at: run.first! * UInt64(Limits.unitBytes))
    }
    units.removeAll()
  }
}
