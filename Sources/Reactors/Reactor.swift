import Base
import Buffers
import CLinux
import Glibc
import Synchronization

/// One thread, one event loop, one executor.
///
/// It is a task executor as well as a serial one: with the first alone, every resumed continuation
/// would go through the runtime's global pool and back (7 us instead of 0.26). So root tasks are made
/// by `spawn`, which sets the preference; they and all that they await stay on this thread, and an
/// actor whose `unownedExecutor` is the reactor's is reached without a hop.
///
/// A turn of the loop: wait, deliver events, take the mail, fire timers, run work, end the tick, send.
package final class Reactor: SerialExecutor, TaskExecutor, @unchecked Sendable {
  package let index: Int
  package let clock: any Clock
  package let driver: any EventDriver
  package let pool: SlabPool
  package let perf = PerfCounters(name: "reactor", ReactorCounter.declarations)
  let log: Log?

  private let mailbox = Mailbox()
  private let stopping = Atomic<Bool>(false)
  private let lastTickNanoseconds = Atomic<UInt64>(0)
  private let isAsleep = Atomic<Bool>(true)
  private var thread: SystemThread?

  // Confined to the thread.
  package private(set) var now: Instant
  private var work = WorkQueue()
  private var mail: [Work] = []
  private var endOfTick: [() -> Void] = []
  private var endOfTickBatch: [() -> Void] = []
  private let timers = TimerHeap()
  private var watch: LongRunWatch
  private let isRealTime: Bool
  private var isAttached = false

  package init(
    index: Int = 0, driver: any EventDriver, clock: any Clock = SystemClock(), log: Log? = nil,
    pool: SlabPool = SlabPool()
  ) {
    self.index = index
    self.driver = driver
    self.clock = clock
    self.log = log
    self.pool = pool
    now = clock.now
    watch = LongRunWatch(start: now)
    isRealTime = clock is SystemClock
  }

  /// The reactor whose thread this is.
  package static var current: Reactor? {
    guard let pointer = CLinux_threadLocal() else { return nil }
    return Unmanaged<Reactor>.fromOpaque(pointer).takeUnretainedValue()
  }

  @inline(__always)
  package var isCurrent: Bool { CLinux_threadLocal() == Unmanaged.passUnretained(self).toOpaque() }

  /// When the loop last came round; any thread.
  package var lastTick: Instant {
    Instant(nanoseconds: lastTickNanoseconds.load(ordering: .relaxed))
  }

  /// When the turn of the loop at hand began, nil while the reactor sleeps or waits for its first
  /// turn; any thread. A watchdog compares it with its own clock.
  package var busySince: Instant? {
    isAsleep.load(ordering: .relaxed) ? nil : lastTick
  }

  /// Names what runs now, for the log line if it takes longer than `Limits.longRun`; forgotten when
  /// this piece of work ends.
  @inline(__always)
  package func doing(_ what: StaticString) { watch.what = what }

  // MARK: Work

  /// Runs `body` on the reactor; any thread. In order for each sender.
  package func post(_ body: @escaping @Sendable () -> Void) {
    if isCurrent { work.append(.call(body)) } else if mailbox.put(.call(body)) { driver.wake() }
  }

  /// Starts a task that prefers this reactor: whatever it awaits, it resumes here. Any thread. What
  /// `body` captures must be Sendable or confined to this reactor. A closure that is written in
  /// main-actor code (top-level code, a `main` method) is the main actor's, and runs there.
  package func spawn(_ body: @escaping () async -> Void) {
    nonisolated(unsafe) let body = body
    Task(executorPreference: self) { await body() }
  }

  /// Calls `body` once, after the work at hand and before what was queued to sockets and device leaves.
  package func atEndOfTick(_ body: @escaping () -> Void) { endOfTick.append(body) }

  /// Calls `body` after `delay`, not sooner, at most a century later. On the reactor's thread.
  @discardableResult
  package func schedule(after delay: Duration, _ body: @escaping () -> Void) -> ReactorTimer {
    precondition(isCurrent || thread == nil, "a timer of reactor \(index) from another thread")
    return timers.add(at: clock.now + min(max(delay, .zero), Limits.timerDelayMax), body)
  }

  package func enqueue(_ job: consuming ExecutorJob) { enqueue(UnownedJob(job)) }

  package func enqueue(_ job: UnownedJob) {
    if isCurrent { work.append(.job(job)) } else if mailbox.put(.job(job)) { driver.wake() }
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  package func asUnownedTaskExecutor() -> UnownedTaskExecutor {
    UnownedTaskExecutor(ordinary: self)
  }

  package func checkIsolated() { precondition(isCurrent, "not on the thread of reactor \(index)") }

  package func isIsolatingCurrentContext() -> Bool? { isCurrent }

  // MARK: Loop

  /// Starts the thread. A reactor has one thread for life: this, or whichever first calls `run`.
  package func start() throws(SystemError) {
    precondition(thread == nil, "reactor \(index) was started before")
    thread = try SystemThread("reactor-\(index)") { self.runThread() }
  }

  /// Ends the loop after the tick at hand; any thread.
  package func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    if mailbox.interrupt() { driver.wake() }
  }

  /// Waits for the thread's end.
  package func join() {
    thread?.join()
    thread = nil
  }

  /// Ends the process by SIGABRT on this reactor's thread, or on the caller's if that does not come to
  /// it. For a watchdog.
  package func abort() -> Never {
    thread?.abort()
    SystemThread.sleep(.seconds(1))
    Glibc.abort()
  }

  private func runThread() {
    run { self.stopping.load(ordering: .relaxed) }
    // What was begun may end, if it does so without waiting.
    for _ in 0..<Limits.ticksAfterStop where hasWork || hasMail { runOnce() }
    enter { driver.detach() }
    timers.removeAll()
  }

  /// The loop on the caller's thread until `isDone`, which is asked before each tick. False if nothing
  /// can ever happen any more, which only a simulation knows.
  @discardableResult
  package func run(until isDone: () -> Bool) -> Bool {
    enter {
      while !isDone() {
        if tick() == .stalled { return isDone() }
      }
      return true
    }
  }

  package enum TickResult: Sendable { case ran, stalled }

  /// One turn of the loop; `poll`: without sleeping.
  @discardableResult
  package func runOnce(poll: Bool = true) -> TickResult { enter { tick(poll: poll) } }

  /// Something is there to run without waiting.
  package var hasWork: Bool { !work.isEmpty || !endOfTick.isEmpty || driver.hasPending }

  package var hasMail: Bool { mailbox.hasMail }

  package var nextTimer: Instant? { timers.first }

  private func enter<Result>(_ body: () -> Result) -> Result {
    let outer = CLinux_threadLocal()
    CLinux_setThreadLocal(Unmanaged.passUnretained(self).toOpaque())
    defer { CLinux_setThreadLocal(outer) }
    if !isAttached {
      isAttached = true
      driver.attach(to: self)
    }
    return body()
  }

  private func tick(poll: Bool = false) -> TickResult {
    guard wait(poll: poll) else { return .stalled }
    perf.add(ReactorCounter.ticks)
    driver.deliver()
    lap(.events)
    takeMail()
    fireTimers()
    runWork()
    finishTick()
    driver.flush()
    lap(.flush)
    return .ran
  }

  private func wait(poll: Bool) -> Bool {
    var poll = poll || hasWork
    if !poll, !mailbox.beginSleep() { poll = true }
    if !poll { isAsleep.store(true, ordering: .relaxed) }
    let goesOn = driver.wait(until: timers.first, poll: poll)
    if !poll {
      mailbox.endSleep()
      perf.add(ReactorCounter.sleeps)
    }
    now = clock.now
    watch.begin(now)
    lastTickNanoseconds.store(now.nanoseconds, ordering: .relaxed)
    isAsleep.store(false, ordering: .relaxed)
    return goesOn
  }

  private func takeMail() {
    guard mailbox.take(&mail) else { return }
    for item in mail { work.append(item) }
    mail.clear()
  }

  private func fireTimers() {
    // Timers made by timers wait for the next turn, even if they are due.
    let last = timers.made
    while let action = timers.popDue(now, last: last) {
      perf.add(ReactorCounter.timers)
      action()
      lap(.timer)
    }
  }

  private func runWork() {
    var left = Limits.workPerTick
    let serial = asUnownedSerialExecutor()
    let task = asUnownedTaskExecutor()
    while left > 0, let next = work.popFirst() {
      left -= 1
      switch next {
      case .job(let job):
        perf.add(ReactorCounter.jobs)
        job.runSynchronously(isolatedTo: serial, taskExecutor: task)
        lap(.job)
      case .call(let body):
        perf.add(ReactorCounter.calls)
        body()
        lap(.call)
      }
    }
  }

  private func finishTick() {
    while !endOfTick.isEmpty {
      swap(&endOfTick, &endOfTickBatch)
      for body in endOfTickBatch { body() }
      endOfTickBatch.clear()
    }
    lap(.endOfTick)
  }

  @inline(__always)
  private func lap(_ kind: LongRunWatch.Kind) { if watch.lap() { tellLongRun(kind) } }

  @inline(never)
  private func tellLongRun(_ kind: LongRunWatch.Kind) {
    // Simulated time stands still while work runs.
    let line = watch.report(clock.now, kind)
    guard isRealTime else { return }
    perf.add(ReactorCounter.longRuns)
    if let line { log?.write(.none, 1, nil, "reactor \(index): \(line)") }
  }
}
