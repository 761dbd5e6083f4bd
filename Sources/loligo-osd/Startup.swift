import Auth
import Base
import Configuration
import Glibc
import OSDService

/// From the command line to a configuration that is complete but for what the monitors add.
enum Startup {
  static func configuration(_ arguments: CommandLineArguments) throws -> Configuration {
    var identity = arguments.identity
    guard Int32(identity.id).map({ $0 >= 0 }) == true else {
      throw ConfigError(
        identity.id.isEmpty ? "which OSD? say -i ID" : "-i \(identity.id): an OSD's id is a number")
    }
    identity.host = SystemInfo.hostName
    identity.pid = getpid()
    let configuration = Configuration(identity: identity)
    try readFile(arguments, into: configuration)
    for (name, value) in arguments.environmentOptions {
      try configuration.set(name, value, from: .environment)
    }
    for (name, value) in arguments.options {
      try configuration.set(name, value, from: .commandLine)
    }
    if arguments.debug {
      try configuration.set("log_to_stderr", "true", from: .commandLine)
      try configuration.set("log_to_file", "false", from: .commandLine)
    }
    return configuration
  }

  /// The file that was named, or the first that is there; none at all is fine if nobody named one.
  private static func readFile(
    _ arguments: CommandLineArguments, into configuration: Configuration
  ) throws {
    let named = arguments.configPath ?? getenv("CEPH_CONF").map { String(cString: $0) }
    let usual = "/etc/ceph/\(arguments.identity.cluster).conf"
    guard let path = named ?? (access(usual, R_OK) == 0 ? usual : nil) else { return }
    do {
      let text = try TextFile.contents(of: path)
      try configuration.apply(ConfigFile(text: text, path: path))
    } catch let error as SystemError {
      throw ConfigError("configuration \(path): \(error)")
    }
  }

  /// The log as the configuration has it, and kept so when it changes.
  static func log(_ configuration: Configuration, clock: any Clock) throws -> Log {
    let log = Log(clock: clock)
    let path = configuration.string("log_file")
    if configuration.flag("log_to_file"), !path.isEmpty, !configuration.flag("log_to_stderr") {
      try log.open(path: path)
    }
    configuration.follow {
      for subsystem in LogSubsystem.allCases {
        log.setLevel(configuration.logLevel(subsystem), of: subsystem)
      }
    }
    return log
  }
}

extension Startup {
  static func authPolicy(_ configuration: Configuration) -> AuthPolicy {
    var policy = AuthPolicy()
    policy.clusterMethods = AuthPolicy.methods(configuration.string("auth_cluster_required"))
    policy.serviceMethods = AuthPolicy.methods(configuration.string("auth_service_required"))
    policy.clientMethods = AuthPolicy.methods(configuration.string("auth_client_required"))
    policy.clusterModes = AuthPolicy.modes(configuration.string("ms_cluster_mode"))
    policy.serviceModes = AuthPolicy.modes(configuration.string("ms_service_mode"))
    policy.clientModes = AuthPolicy.modes(configuration.string("ms_client_mode"))
    policy.monClusterModes = AuthPolicy.modes(configuration.string("ms_mon_cluster_mode"))
    policy.monClientModes = AuthPolicy.modes(configuration.string("ms_mon_client_mode"))
    return policy
  }
}
