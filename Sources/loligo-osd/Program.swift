import Base
import Configuration
import Glibc
import OSDService

/// `loligo-osd`: takes the command line of `ceph-osd` and does what it says.
@main
enum Program {
  static func main() {
    do {
      let arguments = try CommandLineArguments(
        arguments: Array(CommandLine.arguments.dropFirst()), environment: environment())
      exit(run(arguments))
    } catch {
      fail("\(error)")
    }
  }

  private static func run(_ arguments: CommandLineArguments) -> Int32 {
    if arguments.actions.contains(.version) {
      print(DaemonVersion.line)
      return 0
    }
    if arguments.actions.contains(.help) {
      print(help)
      return 0
    }
    do {
      let configuration = try Startup.configuration(arguments)
      if arguments.actions.contains(.mkfs) || arguments.actions.contains(.mkkey) {
        try Formatting.run(configuration, arguments.actions)
        return 0
      }
      return try Daemon.run(configuration, foreground: arguments.foreground)
    } catch {
      fail("\(error)")
    }
  }

  /// One clear line, exit 1.
  static func fail(_ reason: String) -> Never {
    var line = "loligo-osd: \(reason)\n"
    line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
    exit(1)
  }

  private static func environment() -> [String: String] {
    var variables: [String: String] = [:]
    for name in ["CEPH_ARGS", "CEPH_CONF"] {
      if let value = getenv(name) { variables[name] = String(cString: value) }
    }
    return variables
  }

  private static let help = """
    usage: loligo-osd -i <ID> [flags]

      -i, --id ID             number of this OSD
      -n, --name osd.ID       the same
          --cluster NAME      name of the cluster (ceph)
      -c, --conf FILE         configuration (/etc/ceph/$cluster.conf)
      -f                      stay in the foreground
      -d                      stay in the foreground and log to stderr
          --mkfs              make an empty store on osd_data/block and the files beside it
          --mkkey             make a key in the keyring if it has none
          --osd-uuid UUID     id for --mkfs, as `ceph osd new` was told
          --osd-data DIR      this OSD's directory
      -k, --keyring FILE      where its key is
      -m, --mon-host ADDRS    monitors
          --no-mon-config     begin without what the monitors' configuration says
          --setuser USER      become that user
          --setgroup GROUP    become that group
      -v, --version           print the version
      -h, --help              print this

      --OPTION VALUE, --OPTION=VALUE set any option; CEPH_ARGS is read first.
    """
}
