import Base
import Glibc
import Testing

@testable import Configuration

@Suite struct ConfigFileTests {
  @Test func `sections, comments, quotes and separators are read as Ceph reads them`() throws {
    let file = try ConfigFile(
      text: """
        mon host = v2:127.0.0.1:1 ; a comment
        [osd]
        osd max-write_size = 7   # another
        quoted = " a # b "
        escaped = a\\#b
          [osd.3]
        long = one \\
        two
        """, path: "x.conf")
    #expect(file.sections["global"] == ["mon_host": "v2:127.0.0.1:1"])
    #expect(
      file.sections["osd"] == ["osd_max_write_size": "7", "quoted": " a # b ", "escaped": "a#b"])
    #expect(file.sections["osd.3"] == ["long": "one two"])
  }

  @Test(arguments: [
    ("[osd", "x.conf:1"), ("\n\nnothing", "x.conf:3"), ("= value", "x.conf:1"), ("[]", "x.conf:1"),
    ("a = \"open", "x.conf:1"),
  ])
  func `a syntax error names its line`(text: String, place: String) {
    let error = #expect(throws: ConfigError.self) { try ConfigFile(text: text, path: "x.conf") }
    #expect(error?.description.hasPrefix(place) == true)
  }

  @Test func `no bytes make the parser trap`() {
    var random = SeededRandom(seed: 5)
    let alphabet = Array("[]=#;\\\"' \n\tab_-$")
    for _ in 0..<10_000 {
      let text = String(
        (0..<Int.random(in: 0..<60, using: &random)).map { _ in
          alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
        })
      _ = try? ConfigFile(text: text, path: "x")
    }
  }
}

/// What a follower saw, in order.
private final class Seen: @unchecked Sendable {
  private(set) var values: [Int] = []
  func add(_ value: Int) { values.append(value) }
}

@Suite struct ConfigurationTests {
  private func configuration(_ text: String = "") throws -> Configuration {
    var identity = ConfigIdentity()
    identity.id = "3"
    identity.host = "here"
    let configuration = Configuration(identity: identity)
    try configuration.apply(ConfigFile(text: text, path: "x"))
    return configuration
  }

  @Test func `the section that is closest wins`() throws {
    let configuration = try configuration(
      "[osd.3]\nosd_data = c\n[osd]\nosd_data = b\nhost = o\n[global]\nosd_data = a\nhost = g\nfsid = g"
    )
    #expect(configuration.string("osd data") == "c")
    #expect(configuration.string("host") == "o")
    #expect(configuration.string("fsid") == "g")
  }

  @Test func `metavariables expand, unknown ones stay, circles end`() throws {
    let configuration = try configuration(
      "osd data = /x/$cluster-$id/${name}/$host\nkeyring = $osd_data/k$nobody\nrun_dir = $run_dir/x"
    )
    #expect(configuration.string("osd_data") == "/x/ceph-3/osd.3/here")
    #expect(configuration.string("keyring") == "/x/ceph-3/osd.3/here/k$nobody")
    #expect(configuration.string("run_dir").hasSuffix("/x"))
  }

  @Test func `a source overrides those below it, and gives way when it is gone`() throws {
    let configuration = try configuration("osd_max_write_size = 5")
    #expect(
      configuration.applyFromMonitor([
        "osd_max_write_size": "4", "osd_client_message_size_cap": "1G",
      ]).isEmpty
    )
    #expect(configuration.size("osd_max_write_size") == 5)
    #expect(configuration.size("osd_client_message_size_cap") == 1 << 30)
    try configuration.set("osd-max-write-size", "9", from: .runtime)
    #expect(configuration.size("osd_max_write_size") == 9)
    configuration.unset("osd_max_write_size", from: .runtime)
    #expect(configuration.applyFromMonitor([:]).isEmpty)
    #expect(configuration.size("osd_client_message_size_cap") == 500 << 20)
  }

  @Test func `who follows options is called when one that it read has another value`() throws {
    let configuration = try configuration("osd_recovery_max_active = 2")
    let seen = Seen()
    configuration.follow {
      let most = configuration.integer("osd_recovery_max_active")
      seen.add(most > 0 ? most : configuration.integer("osd_recovery_max_active_ssd"))
    }
    try configuration.set("osd_recovery_max_active_ssd", "9", from: .runtime)
    try configuration.set("osd_recovery_max_active", "2", from: .runtime)
    #expect(seen.values == [2])
    try configuration.set("osd-recovery-max-active", "0", from: .runtime)
    configuration.unset("osd_recovery_max_active_ssd", from: .runtime)
    #expect(seen.values == [2, 9, 10])
  }

  @Test func `all that the monitors change at a time is told at once`() throws {
    let configuration = try configuration()
    let seen = Seen()
    configuration.follow {
      seen.add(
        configuration.integer("osd_max_backfills") * 100 + configuration.integer("osd_max_scrubs"))
    }
    let both = ["osd_max_backfills": "2", "osd_max_scrubs": "3"]
    _ = configuration.applyFromMonitor(both)
    _ = configuration.applyFromMonitor(both)
    #expect(seen.values == [101, 203])
    try configuration.set("osd_max_scrubs", "5", from: .runtime)
    _ = configuration.applyFromMonitor(["osd_max_scrubs": "4"])
    #expect(seen.values == [101, 203, 205, 105])
  }

  @Test func `another option by which a text is spelled is followed too`() throws {
    let configuration = try configuration("log_file = $run_dir/x")
    let seen = Seen()
    configuration.follow { seen.add(configuration.string("log_file").count) }
    try configuration.set("run_dir", "/y", from: .commandLine)
    #expect(seen.values == ["/var/run/ceph/x".count, "/y/x".count])
  }

  @Test(arguments: ["public_addr", "osd_objectstore", "bluestore_block_size", "osd_data"])
  func `what is fixed at the start is refused afterwards, unless nothing changes`(
    name: String
  ) throws {
    let configuration = try configuration()
    let error = #expect(throws: ConfigError.self) {
      try configuration.set(name, "5", from: .runtime)
    }
    #expect(error?.errno == EPERM)
    let same = configuration.raw(name) ?? ""
    #expect(try configuration.set(name, same, from: .runtime) == false)
  }

  @Test func `a value of the wrong kind is refused with its name`() throws {
    let configuration = try configuration()
    let error = #expect(throws: ConfigError.self) {
      try configuration.set("osd_max_write_size", "much", from: .commandLine)
    }
    #expect(error?.description.contains("osd_max_write_size") == true)
    #expect(configuration.applyFromMonitor(["osd_max_write_size": "much"]).count == 1)
  }

  @Test(
    arguments: [("4096", 4096), ("4K", 4096), ("1Mi", 1 << 20), ("2 GB", 2 << 30)]
      as [(String, UInt64)])
  func `sizes have suffixes`(text: String, bytes: UInt64) {
    #expect(OptionValue.size(text) == bytes)
  }

  @Test(arguments: ["", "K", "-1", "99999999999999999999", "18446744073709551615G"])
  func `what is no size is none`(text: String) { #expect(OptionValue.size(text) == nil) }

  @Test func `every default of the table is a value of its kind`() {
    for option in ConfigOption.table {
      #expect(
        OptionValue.fits(option.standard, option.kind) || option.standard.isEmpty, "\(option.name)")
    }
  }
}

@Suite struct CommandLineTests {
  @Test func `it takes what ceph-osd takes`() throws {
    let arguments = try CommandLineArguments(
      arguments: [
        "-i", "7", "--cluster", "c", "-c", "/x", "-f", "--mkfs", "--osd-uuid", "u", "--osd_data=/d",
        "--log-to-stderr", "-k", "/k", "-m", "m",
      ], environment: ["CEPH_ARGS": "--osd-data /e --debug_osd 20"])
    #expect(arguments.identity.id == "7" && arguments.identity.cluster == "c")
    #expect(arguments.configPath == "/x" && arguments.foreground)
    #expect(arguments.actions == [.mkfs])
    let options = Dictionary(uniqueKeysWithValues: arguments.options.map { ($0.name, $0.value) })
    #expect(
      options == [
        "osd_uuid": "u", "osd_data": "/d", "log_to_stderr": "true", "keyring": "/k",
        "mon_host": "m",
      ])
    #expect(arguments.environmentOptions.map(\.name) == ["osd_data", "debug_osd"])
  }

  @Test(arguments: [["stray"], ["-i"], ["--name", "mon.a"], ["-z", "1"], ["--osd-data"]])
  func `what it cannot take is an error`(words: [String]) {
    #expect(throws: ConfigError.self) {
      try CommandLineArguments(arguments: words, environment: [:])
    }
  }
}
