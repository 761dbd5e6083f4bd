import Base
import Glibc

/// Failures that a simulated device is to show.
package struct SimFaults {
  /// Writes or flushes still to succeed before one fails; nil: none fails.
  package var writesBeforeFailure: Int?
  package var flushesBeforeFailure: Int?
  /// Reads that touch one of these 4 KiB blocks fail with EIO.
  package var unreadableBlocks: Set<Int> = []

  package init() {}

  mutating func nextWrite() -> SystemError? { Self.count(&writesBeforeFailure, "simulated write") }

  mutating func nextFlush() -> SystemError? { Self.count(&flushesBeforeFailure, "simulated flush") }

  func read(_ offset: Int, _ count: Int) -> SystemError? {
    guard !unreadableBlocks.isEmpty else { return nil }
    let blocks = offset / 4096..<(offset + count) / 4096
    return blocks.contains(where: unreadableBlocks.contains)
      ? SystemError(EIO, "simulated read") : nil
  }

  private static func count(_ left: inout Int?, _ operation: String) -> SystemError? {
    guard let before = left else { return nil }
    left = before > 0 ? before - 1 : nil
    return before == 0 ? SystemError(EIO, operation) : nil
  }
}
