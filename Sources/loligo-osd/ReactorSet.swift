import Base
import Configuration
import Glibc
import Reactors

/// The daemon's reactors, as many and with the driver that the configuration asks for.
enum ReactorSet {
  static func start(
    _ configuration: Configuration, _ clock: any Clock, _ log: Log, _ perf: PerfRegistry
  ) throws -> [Reactor] {
    let wanted = configuration.integer("loligo_reactors")
    let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let count = wanted > 0 ? min(wanted, 64) : standardCount(cores: cores)
    var reactors: [Reactor] = []
    for index in 0..<count {
      let reactor = try make(index, configuration, clock, log)
      perf.register(reactor.perf)
      reactors.append(reactor)
    }
    log.write(.none, 0, nil, "\(count) reactors on \(reactors[0].driver.name)")
    for reactor in reactors { try reactor.start() }
    return reactors
  }

  /// Not started yet.
  static func make(
    _ index: Int, _ configuration: Configuration, _ clock: any Clock, _ log: Log
  ) throws -> Reactor {
    let name = configuration.string("loligo_event_driver")
    guard let kind = EventDriverKind(rawValue: name) else {
      throw ConfigError("loligo_event_driver = \(name): io_uring, epoll or auto")
    }
    return Reactor(index: index, driver: try kind.makeDriver(), clock: clock, log: log)
  }

  /// Where an OSD has a core or two to itself, a second reactor costs more in hops between the two than
  /// it brings (Docs/Performance.md).
  private static func standardCount(cores: Int) -> Int { cores > 4 ? 2 : 1 }
}
