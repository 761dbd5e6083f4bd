import Auth
import Base
import CLinux
import Configuration
import Glibc
import OSDService
import ObjectStores
import RadosTypes
import Reactors

/// The daemon's life on the main thread: build the parts from the bottom up, wait for signals, take
/// them down again.
enum Daemon {
  /// Returns the exit code.
  static func run(_ configuration: Configuration, foreground: Bool) throws -> Int32 {
    let clock = SystemClock()
    let log = try Startup.log(configuration, clock: clock)
    do {
      if !foreground, configuration.flag("daemonize") {
        try SystemError.check(CLinux_daemonize(), "daemon")
      }
      CrashTrace.install()
      try becomeUser(configuration)
      log.write(.none, 0, nil, "\(DaemonVersion.line), process loligo-osd, pid \(getpid())")
      // Signals end a daemon at once that waits for monitors: it has nothing to put away.
      try takeCentralConfiguration(configuration, clock, log)
      try SystemError.check(CLinux_blockSignals(), "pthread_sigmask")
      try writePIDFile(configuration)
      return try serve(configuration, clock, log)
    } catch {
      // Whoever reads only the log must find the reason there too.
      log.error(.none, nil, "\(error)")
      throw error
    }
  }

  private static func takeCentralConfiguration(
    _ configuration: Configuration, _ clock: any Clock, _ log: Log
  ) throws {
    if configuration.flag("no_mon_config") { return }
    let authenticator = try authenticator(configuration, clock, log)
    let reactor = try ReactorSet.make(0, configuration, clock, log)
    try reactor.start()
    defer {
      reactor.stop()
      reactor.join()
    }
    let central = try CentralConfiguration(configuration, authenticator, on: reactor, log: log)
    try MainThread.await(on: reactor) { try await central.fetch() }
  }

  private static func authenticator(
    _ configuration: Configuration, _ clock: any Clock, _ log: Log
  ) throws -> ClusterAuthenticator {
    ClusterAuthenticator(
      name: DaemonKey.authName(configuration), key: try DaemonKey.load(configuration),
      policy: Startup.authPolicy(configuration), clock: clock, log: log)
  }

  private static func serve(
    _ configuration: Configuration, _ clock: any Clock, _ log: Log
  ) throws -> Int32 {
    let perf = PerfRegistry()
    let reactors = try ReactorSet.start(configuration, clock, log, perf)
    let opened = try OpenStore(configuration, reactors, log, perf)
    let identity = opened.identity
    try DataDirectory(path: configuration.string("osd_data")).write(identity)
    let meta = opened.meta
    let parts = OSD.Parts(
      identity: identity, configuration: configuration, clock: clock, log: log, perf: perf,
      reactors: reactors, store: opened.store,
      authenticator: try authenticator(configuration, clock, log),
      deviceFacts: opened.facts, onFatal: { exit($0) }, onShutdown: { kill(getpid(), SIGINT) })
    let running = try MainThread.await(on: meta.reactor) { () async throws -> RunningOSD in
      let osd = try await OSD(parts, meta: meta)
      try osd.start()
      return try RunningOSD(osd, configuration, log)
    }
    let watchdog = Watchdog(reactors, configuration, clock: clock, log: log)
    try watchdog.start()
    waitForTerm(log)
    running.metrics.stop()
    try MainThread.await(on: meta.reactor) { await running.stop() }
    try MainThread.await(on: nil) { try await opened.store.unmount() }
    watchdog.stop()
    for reactor in reactors { reactor.stop() }
    for reactor in reactors { reactor.join() }
    log.write(.none, 0, nil, "stopped")
    removePIDFile(configuration)
    return 0
  }

  /// TERM and INT end the daemon; HUP reopens its log.
  private static func waitForTerm(_ log: Log) {
    while true {
      switch CLinux_waitSignal() {
      case SIGHUP:
        do { try log.reopen() } catch { log.error(.none, nil, "SIGHUP: \(error)") }
        log.write(.none, 0, nil, "got SIGHUP, log reopened")
      case let number:
        return log.write(.none, 0, nil, "got signal \(number), stopping")
      }
    }
  }

  private static func becomeUser(_ configuration: Configuration) throws {
    let user = configuration.string("setuser")
    let group = configuration.string("setgroup")
    guard !user.isEmpty || !group.isEmpty else { return }
    let result = CLinux_becomeUser(user.isEmpty ? nil : user, group.isEmpty ? nil : group)
    guard result >= 0 else {
      throw ConfigError("cannot become \(user):\(group): \(String(cString: strerror(-result)))")
    }
  }

  private static func writePIDFile(_ configuration: Configuration) throws {
    let path = configuration.string("pid_file")
    if !path.isEmpty { try TextFile.write("\(getpid())\n", to: path) }
  }

  private static func removePIDFile(_ configuration: Configuration) {
    let path = configuration.string("pid_file")
    if !path.isEmpty { unlink(path) }
  }
}

/// An OSD, and the socket and the page that it is asked through. Confined to its home reactor.
private final class RunningOSD: @unchecked Sendable {
  private let osd: OSD
  private var socket: AdminSocket?
  /// To be stopped before `stop`, and by another thread.
  let metrics: MetricsServer

  init(_ osd: OSD, _ configuration: Configuration, _ log: Log) throws {
    self.osd = osd
    metrics = MetricsServer(log: log) { osd.metrics() }
    metrics.follow(configuration)
    let path = configuration.string("admin_socket")
    guard !path.isEmpty else { return }
    let socket = AdminSocket(path: path, reactor: osd.home, table: osd.commands, log: log)
    do {
      try socket.open()
      self.socket = socket
    } catch {
      // A daemon serves without it, as the stock one does.
      log.error(.asok, nil, "admin socket \(path): \(error)")
    }
  }

  func stop() async {
    await osd.stop()
    socket?.close()
  }
}
