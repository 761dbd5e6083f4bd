import Base
import Configuration
import Glibc

/// `config show|get|set|unset|diff|help` and `injectargs`.
enum ConfigCommands {
  static func add(to table: CommandTable, _ configuration: Configuration) {
    let name = CommandParameter("var", .string)
    table.add(
      Command("config show", help: "dump current config settings") { arguments in
        show(configuration, configuration.names, arguments)
      })
    table.add(
      Command("config get", [name], help: "config get <field>: get the config value") { arguments in
        get(configuration, arguments)
      })
    table.add(
      Command(
        "config set", [name, CommandParameter("val", .string, many: true)],
        help: "config set <field> <val> [<val> ...]: set a config variable"
      ) { arguments in set(configuration, arguments) })
    table.add(
      Command("config unset", [name], help: "config unset <field>: unset a config variable") {
        arguments in
        let name = ConfigFile.normalized(arguments.text("var") ?? "")
        let isOther = configuration.unset(name, from: .runtime)
        let said = isOther ? words(name, configuration) : ""
        return arguments.json { $0.object { $0.string("success", said) } }
      })
    table.add(
      Command("config diff", help: "dump diff of current config and default config") { arguments in
        diff(configuration, configuration.names.filter(configuration.isSet), arguments)
      })
    table.add(
      Command(
        "config diff get", [name],
        help: "dump diff get <field>: dump diff of current and default config setting <field>"
      ) { arguments in
        diff(configuration, [ConfigFile.normalized(arguments.text("var") ?? "")], arguments)
      })
    table.add(
      Command(
        "config help", [CommandParameter("var", .string, required: false)],
        help: "get config setting schema and descriptions"
      ) { arguments in help(arguments) })
    table.add(
      Command(
        "injectargs", [CommandParameter("injected_args", .string, many: true)],
        help: "inject configuration arguments into running daemon"
      ) { arguments in inject(configuration, arguments) })
  }

  private static func show(
    _ configuration: Configuration, _ names: [String], _ arguments: CommandArguments
  ) -> CommandResult {
    arguments.json { json in
      json.object { json in
        json.string("name", configuration.identity.name)
        json.string("cluster", configuration.identity.cluster)
        for name in names { json.string(name, configuration.string(name)) }
      }
    }
  }

  private static func get(
    _ configuration: Configuration, _ arguments: CommandArguments
  ) -> CommandResult {
    let name = ConfigFile.normalized(arguments.text("var") ?? "")
    guard let value = configuration.text(of: name) else {
      return .failure(ENOENT, "error getting '\(name)': (2) No such file or directory")
    }
    return arguments.json { $0.object { $0.string(name, value) } }
  }

  private static func set(
    _ configuration: Configuration, _ arguments: CommandArguments
  ) -> CommandResult {
    let name = ConfigFile.normalized(arguments.text("var") ?? "")
    let value = arguments.texts("val").joined(separator: " ")
    do {
      let isOther = try configuration.set(name, value, from: .runtime)
      let said = isOther ? words(name, configuration) : ""
      return arguments.json { $0.object { $0.string("success", said) } }
    } catch {
      let reason = "(\(error.errno)) \(String(cString: strerror(error.errno)))"
      return .failure(error.errno, "error setting '\(name)' to '\(value)': \(reason)")
    }
  }

  /// What is said of an option that has another value now. Ceph: `ObserverMgr::for_each_change`.
  private static func words(_ name: String, _ configuration: Configuration) -> String {
    let change = ConfigOption.byName[name]?.change ?? .atRestart
    let note = change == .atOnce ? "" : "(not observed, change may require restart) "
    return "\(name) = '\(configuration.string(name))' \(note)"
  }

  private static func diff(
    _ configuration: Configuration, _ names: [String], _ arguments: CommandArguments
  ) -> CommandResult {
    arguments.json { json in
      json.object { json in
        json.object("diff") { json in
          for name in names {
            json.object(name) { json in
              json.string("default", ConfigOption.byName[name]?.standard ?? "")
              for (source, value) in configuration.sources(of: name) {
                json.string(label(source), value)
              }
              json.string("final", configuration.string(name))
            }
          }
        }
      }
    }
  }

  private static func label(_ source: ConfigSource) -> String {
    switch source {
    case .standard: "default"
    case .monitor: "mon"
    case .file: "file"
    case .environment: "env"
    case .commandLine: "cmdline"
    case .runtime: "override"
    }
  }

  private static func help(_ arguments: CommandArguments) -> CommandResult {
    let wanted = arguments.text("var").map { ConfigFile.normalized($0) }
    if let wanted, ConfigOption.byName[wanted] == nil {
      return .failure(ENOENT, "Setting not found: '\(wanted)'")
    }
    return arguments.json { json in
      json.array { json in
        for option in ConfigOption.table where wanted == nil || option.name == wanted {
          json.object { json in
            json.string("name", option.name)
            json.string("type", "\(option.kind)")
            json.string("desc", option.about)
            json.string("default", option.standard)
          }
        }
      }
    }
  }

  /// `--name value`, `--name=value`, `--name`, several in one string. Ceph: `md_config_t::injectargs`.
  private static func inject(
    _ configuration: Configuration, _ arguments: CommandArguments
  ) -> CommandResult {
    let words = arguments.texts("injected_args").flatMap {
      $0.split(separator: " ").map(String.init)
    }
    do {
      let parsed = try CommandLineArguments(arguments: words, environment: [:])
      return inject(parsed.options, into: configuration)
    } catch {
      return .failure(EINVAL, "failed to parse arguments: \(error)")
    }
  }

  /// As many as can be set, and what was wrong with the others.
  private static func inject(
    _ options: [(name: String, value: String)], into configuration: Configuration
  ) -> CommandResult {
    var result = CommandResult()
    var changed: [String] = []
    for (name, value) in options {
      do {
        if try configuration.set(name, value, from: .runtime) { changed.append(name) }
      } catch {
        result.code = -error.errno
        result.status +=
          "Parse error setting \(name) to '\(value)' using injectargs (\(error)).\n"
      }
    }
    for name in changed.sorted() { result.status += self.words(name, configuration) }
    return result
  }
}
