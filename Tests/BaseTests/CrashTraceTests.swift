import Glibc
import Testing

@testable import Base

/// What a process that crashes leaves behind, each in a process of its own.
@Suite struct CrashTraceTests {
  private static func hasTrace(of signal: Int32, _ name: String, _ bytes: [UInt8]) -> Bool {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard
      let first = lines.firstIndex(where: { $0.contains("*** Caught signal \(signal) (\(name))") })
    else { return false }
    // A line as the log's, then the frames, the handler's own among them.
    return lines[first].hasPrefix("20") && lines[first].contains("+0000 ")
      && lines.count > first + 3
  }

  @Test func `an illegal instruction, as Swift's traps are, leaves a line and a backtrace`()
    async throws
  {
    let result = try await #require(
      processExitsWith: .signal(SIGILL), observing: [\.standardErrorContent]
    ) {
      CrashTrace.install()
      raise(SIGILL)
    }
    #expect(Self.hasTrace(of: SIGILL, "Illegal instruction", result.standardErrorContent))
  }

  @Test func `an abort is told too, and still ends the process as an abort`() async throws {
    let result = try await #require(
      processExitsWith: .signal(SIGABRT), observing: [\.standardErrorContent]
    ) {
      CrashTrace.install()
      abort()
    }
    #expect(Self.hasTrace(of: SIGABRT, "Aborted", result.standardErrorContent))
  }

  @Test func `a stack that overflows is told from a stack of its own`() async throws {
    let result = try await #require(
      processExitsWith: .signal(SIGSEGV), observing: [\.standardErrorContent]
    ) {
      CrashTrace.install()
      let thread = try SystemThread("deep") { print(Deep.sum(1 << 40)) }
      thread.join()
    }
    let text = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(text.contains("*** Caught signal 11 (Segmentation fault) in thread deep at address"))
  }

  @Test func `the log has it as well`() async throws {
    let path = "/tmp/loligo-crash.\(getpid()).log"
    setenv("LOLIGO_CRASH_LOG", path, 1)
    defer { unlink(path) }
    await #expect(processExitsWith: .signal(SIGFPE)) {
      CrashTrace.install()
      let path = try #require(getenv("LOLIGO_CRASH_LOG").map { String(cString: $0) })
      let log = Log(clock: SystemClock())
      try log.open(path: path)
      log.write(.none, 0, nil, "before")
      raise(SIGFPE)
    }
    let text = try TextFile.contents(of: path)
    #expect(text.contains(" 0 before\n"))
    #expect(Self.hasTrace(of: SIGFPE, "Floating point exception", Array(text.utf8)))
  }
}

private enum Deep {
  @inline(never) static func sum(_ count: Int) -> Int {
    count == 0
      ? 0
      : withUnsafeTemporaryAllocation(of: Int.self, capacity: 64) { space in
        space[0] = sum(count - 1)
        return space[0] + count
      }
  }
}
