import Base
import Glibc

/// Which version of Ceph this daemon stands in for, and its own.
package enum DaemonVersion {
  package static let ceph = "16.2.15"
  package static let release = "pacific"
  package static let own = "0.1.0"
  /// As `--version` prints and monitors show it; the word after the number is free text to them.
  package static let line = "ceph version \(ceph) (loligo \(own)) \(release) (stable)"
}

/// Facts about this machine under the names that Ceph's daemons report (`collect_sys_info`).
package enum SystemInfo {
  package static func collect() -> [String: String] {
    var facts = [
      "ceph_version": DaemonVersion.line,
      "ceph_version_short": DaemonVersion.ceph,
      "ceph_release": DaemonVersion.release,
    ]
    facts.merge(kernel()) { first, _ in first }
    facts.merge(memory()) { first, _ in first }
    facts.merge(distribution()) { first, _ in first }
    facts["cpu"] = firstValue(in: "/proc/cpuinfo", of: "model name", separator: ":")
    return facts
  }

  package static var hostName: String { String(nodeName.prefix { $0 != "." }) }

  /// With its domain, if the machine was named so.
  package static var nodeName: String { kernel()["hostname"] ?? "localhost" }

  private static func kernel() -> [String: String] {
    var names = utsname()
    guard uname(&names) == 0 else { return [:] }
    return [
      "os": text(names.sysname), "kernel_version": text(names.release),
      "kernel_description": text(names.version), "hostname": text(names.nodename),
      "arch": text(names.machine),
    ]
  }

  private static func text<Tuple>(_ characters: Tuple) -> String {
    withUnsafeBytes(of: characters) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  private static func memory() -> [String: String] {
    var facts: [String: String] = [:]
    for (field, name) in [("MemTotal", "mem_total_kb"), ("SwapTotal", "mem_swap_kb")] {
      let value = firstValue(in: "/proc/meminfo", of: field, separator: ":")
      facts[name] = value.map { String($0.prefix { $0.isNumber }) }
    }
    return facts
  }

  private static func distribution() -> [String: String] {
    var facts: [String: String] = [:]
    let fields = [
      ("ID", "distro"), ("PRETTY_NAME", "distro_description"), ("VERSION_ID", "distro_version"),
    ]
    for (field, name) in fields {
      facts[name] = firstValue(in: "/etc/os-release", of: field, separator: "=")
        .map { String($0.filter { $0 != "\"" }) }
    }
    return facts
  }

  /// The value of the first line `FIELD SEPARATOR VALUE`, spaces cut off.
  private static func firstValue(in path: String, of field: String, separator: Character) -> String?
  {
    for line in (TextFile.read(path) ?? "").split(separator: "\n") {
      let parts = line.split(separator: separator, maxSplits: 1)
      guard parts.count == 2, parts[0].trimmingSpaces == field[...] else { continue }
      return String(parts[1].trimmingSpaces)
    }
    return nil
  }
}

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    let head = drop(while: isSpace)
    guard let last = head.lastIndex(where: { !isSpace($0) }) else { return head }
    return head[...last]
  }
}
