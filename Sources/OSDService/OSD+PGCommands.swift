import Base
import Buffers
import Glibc
import PlacementGroups
import RadosTypes

/// Commands to one PG, each in two spellings: `ceph pg PGID query` and `ceph tell PGID query`. For the
/// latter `ceph` puts the PG into what it sends, whether or not it is among the parameters.
///
/// The PG's primary answers. Another copy says EAGAIN, which makes a client that sent it there by an old map
/// get a newer one and ask again (`OSD::asok_command`).
extension OSD {
  func addPGCommands() {
    let pgID = CommandParameter("pgid", .pgID)
    let told = CommandParameter("pgid", .pgID, required: false)
    for command in pgCommands {
      let (name, body) = (command.name, command.body)
      add(name, command.help, (command.isTold ? [told] : []) + command.parameters) {
        await $0.ask($1, body)
      }
      let choice = CommandParameter("cmd", .choices, choices: [name])
      add("pg", "", [pgID, choice] + command.parameters) { osd, arguments in
        // What the command line does not check: all of these share their prefix.
        await osd.ask(arguments, osd.pgCommands.first { $0.name == arguments.text("cmd") }?.body)
      }
    }
  }

  private typealias Body = @Sendable (OSD, ShardPGID, CommandArguments) async -> CommandResult?

  private struct PGCommand {
    var name: String
    var help: String
    var parameters: [CommandParameter] = []
    /// It has the PG among its parameters.
    var isTold = true
    var body: Body
  }

  private var pgCommands: [PGCommand] {
    let time = [CommandParameter("time", .integer, required: false)]
    let lost = [CommandParameter("mulcmd", .choices, choices: ["revert", "delete"])]
    let offset = [CommandParameter("offset", .string, required: false)]
    return [
      PGCommand(name: "query", help: "show details of a specific pg", isTold: false) {
        osd, id, _ in await osd.query(id)
      },
      PGCommand(
        name: "mark_unfound_lost",
        help: "mark all unfound objects in this pg as lost, either removing or "
          + "reverting to a prior version if one is available", parameters: lost
      ) { await $0.markUnfoundLost($1, $2) },
      PGCommand(
        name: "list_unfound",
        help: "list unfound objects on this pg, perhaps starting at an offset given in JSON",
        parameters: offset
      ) { await $0.listUnfound($1, $2) },
      PGCommand(name: "scrub", help: "Trigger a scheduled scrub ", parameters: time) {
        await $0.pushBackScrub($1, isDeep: false, $2)
      },
      PGCommand(name: "deep_scrub", help: "Trigger a scheduled deep scrub ", parameters: time) {
        await $0.pushBackScrub($1, isDeep: true, $2)
      },
    ]
  }

  private func ask(_ arguments: CommandArguments, _ body: Body?) async -> CommandResult {
    guard let body else { return .failure(EINVAL, "unknown command for a pg") }
    guard let text = arguments.text("pgid") else { return .failure(EINVAL, "no pgid specified") }
    guard let pgID = PGID(text) else {
      return .failure(EINVAL, "couldn't parse pgid '\(text)'")
    }
    let id = ShardPGID(pgID)
    if await shards.isPrimary(id) == false {
      return .failure(EAGAIN, "not primary for pgid \(pgID)")
    }
    return await body(self, id, arguments) ?? .failure(ENOENT, "i don't have pgid \(pgID)")
  }

  private func pushBackScrub(
    _ id: ShardPGID, isDeep: Bool, _ arguments: CommandArguments
  ) async -> CommandResult? {
    let time = arguments.integer("time").flatMap { $0 == 0 ? nil : Double($0) }
    guard let stamp = await shards.pushBackScrub(id, isDeep: isDeep, by: time) else { return nil }
    return arguments.json { json in
      json.object { json in
        json.bool("deep", isDeep)
        json.string("stamp", stamp.description)
      }
    }
  }

  private func query(_ id: ShardPGID) async -> CommandResult? {
    await shards.query(id).map { CommandResult(output: $0 + "\n") }
  }

  private func markUnfoundLost(
    _ id: ShardPGID, _ arguments: CommandArguments
  ) async -> CommandResult? {
    let mode: LostMode
    switch arguments.text("mulcmd") {
    case "revert": mode = .revert
    case "delete": mode = .delete
    default:
      return .failure(EINVAL, "mode must be 'revert' or 'delete'; mark not yet implemented")
    }
    guard let answer = await shards.markUnfoundLost(id, mode) else { return nil }
    if answer.code == 0 { monitors.clusterLog.info("\(id) \(answer.text)") }
    return CommandResult(code: answer.code, status: answer.text)
  }

  private func listUnfound(
    _ id: ShardPGID, _ arguments: CommandArguments
  ) async -> CommandResult? {
    var offset = HObject.min
    if let text = arguments.text("offset") {
      guard let found = HObject(offset: text) else {
        return .failure(EINVAL, "error parsing offset: bad json")
      }
      offset = found
    }
    let most = configuration.integer("osd_command_max_records")
    return await shards.listUnfound(id, after: offset, most: most, pretty: arguments.pretty)
      .map { CommandResult(output: $0 + "\n") }
  }
}

extension HObject {
  /// As `list_unfound` dumps it; nil if it is not that. Ceph: `hobject_t::decode(json_spirit)`.
  fileprivate init?(offset text: String) {
    guard case .object(let members)? = JSONValue.parse(text),
      let name = members["oid"]?.asText, let pool = members["pool"]?.asInteger,
      let hash = members["hash"]?.asInteger
    else { return nil }
    self.init(
      pool: pool, hash: UInt32(truncatingIfNeeded: hash), name: ByteString(Array(name.utf8)),
      key: ByteString(Array((members["key"]?.asText ?? "").utf8)),
      namespace: ByteString(Array((members["namespace"]?.asText ?? "").utf8)))
  }
}
