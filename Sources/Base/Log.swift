import CLinux
import Glibc

/// Subsystems that can be louder or quieter than others (`debug_osd = 10`); Ceph's names.
package enum LogSubsystem: String, CaseIterable, Sendable {
  case none, osd, ms, auth, monc, mgrc, objectstore, bluestore, bdev, rocksdb, asok, crush
}

/// A speaker: supplies the prefix that its lines carry at this moment, as in `osd.0 12 pg[2.1f ...]`.
package protocol LogPrefixed {
  var logPrefix: String { get }
}

/// Lines in Ceph's format: time, thread id, level, text. Level -1 is an error, 0 is always written,
/// up to 20 is ever more detail.
///
/// Any thread may write; a line is one `write(2)`. With no file, lines go to stderr.
package final class Log: @unchecked Sendable {
  private let clock: any Clock
  private let lock = Lock()
  private var descriptor: Int32 = 2
  private var path: String?
  /// Indexed by subsystem; read without the lock, which at worst misses a change for one line.
  private let levels: UnsafeMutablePointer<Int8>
  private static let order: [LogSubsystem] = LogSubsystem.allCases

  package init(clock: any Clock, level: Int8 = 1) {
    self.clock = clock
    levels = .allocate(capacity: Self.order.count)
    levels.initialize(repeating: level, count: Self.order.count)
  }

  deinit {
    levels.deallocate()
    if path != nil { close(descriptor) }
  }

  private static func index(_ subsystem: LogSubsystem) -> Int {
    switch subsystem {
    case .none: 0
    case .osd: 1
    case .ms: 2
    case .auth: 3
    case .monc: 4
    case .mgrc: 5
    case .objectstore: 6
    case .bluestore: 7
    case .bdev: 8
    case .rocksdb: 9
    case .asok: 10
    case .crush: 11
    }
  }

  package func setLevel(_ level: Int8, of subsystem: LogSubsystem) {
    levels[Self.index(subsystem)] = level
  }

  package func level(of subsystem: LogSubsystem) -> Int8 { levels[Self.index(subsystem)] }

  /// Appends to the file from now on.
  package func open(path: String) throws(SystemError) {
    let opened = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard opened >= 0 else { throw SystemError(errno, "open log file \(path)") }
    lock.withLock {
      CrashTrace.write(to: opened)
      if self.path != nil { close(descriptor) }
      descriptor = opened
      self.path = path
    }
  }

  /// Opens the same path anew, after logrotate moved the file (SIGHUP).
  package func reopen() throws(SystemError) {
    let current = lock.withLock { path }
    if let current { try open(path: current) }
  }

  @inlinable
  package func writes(_ subsystem: LogSubsystem, _ level: Int8) -> Bool {
    level <= self.level(of: subsystem)
  }

  package func write(
    _ subsystem: LogSubsystem, _ level: Int8, _ speaker: (any LogPrefixed)? = nil,
    _ message: @autoclosure () -> String
  ) {
    guard writes(subsystem, level) else { return }
    let prefix = speaker.map { $0.logPrefix + " " } ?? ""
    emit(level, prefix + message())
  }

  package func error(
    _ subsystem: LogSubsystem, _ speaker: (any LogPrefixed)? = nil,
    _ message: @autoclosure () -> String
  ) {
    write(subsystem, -1, speaker, message())
  }

  private func emit(_ level: Int8, _ text: String) {
    let mark = level < 0 ? "-1" : level < 10 ? " \(level)" : "\(level)"
    let thread = String(CLinux_threadID(), radix: 16)
    var line = "\(Log.stamp(clock.wallNanoseconds)) \(thread) \(mark) \(text)\n"
    lock.withLock {
      line.withUTF8 { bytes in _ = Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
    }
  }

  /// `2026-03-01T12:00:00.123+0000`, which is how 16.2 stamps its lines; always UTC.
  package static func stamp(_ wallNanoseconds: UInt64) -> String {
    var seconds = time_t(wallNanoseconds / 1_000_000_000)
    let milliseconds = Int(wallNanoseconds / 1_000_000 % 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let fraction = String(1000 + milliseconds).dropFirst()
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(fraction)+0000"
  }
}
