import Peering
import RadosTypes

/// What goes from one OSD of the simulation to another.
enum SimMessage {
  case peering(PeeringMessage)
  /// A write: entries, and the object unless only the log is to know of it.
  case repOp(SimRepOp)
  case repOpReply(number: UInt64, lastComplete: EVersion)
  case pull(HObject, need: EVersion)
  /// What a copy lacks of an object; nil: there is none any more.
  case push(HObject, EVersion, SimObject?, purpose: SimPush)
  case pushReply(HObject, EVersion)
  /// A backfill has come this far.
  case progress(HObject, PGStat)
  case progressReply(HObject)
}

struct SimRepOp {
  var number: UInt64
  var entry: PGLogEntry
  var write: SimWrite?
  var trimTo: EVersion
  var minLastComplete: EVersion
  var stats: PGStat
}

/// What a write does: these blocks get its number; none: it deletes.
struct SimWrite {
  var object: HObject
  var number: UInt64
  var blocks: [Int]
  var isDelete: Bool { blocks.isEmpty }

  func applied(to old: SimObject?, version: EVersion) -> SimObject? {
    guard !isDelete else { return nil }
    var new = old ?? SimObject(version: version, blocks: [0, 0, 0, 0])
    for block in blocks { new.blocks[block] = number }
    new.version = version
    return new
  }
}

enum SimPush {
  case recovery
  case pulled
  case backfill
}

struct SimEnvelope {
  var from: Int
  var to: Int
  /// The processes of both: what was sent in an earlier one is lost.
  var lives: (from: Int, to: Int)
  /// As the sender's map had them both: addresses, and so sessions, are those of that time.
  var upFrom: (from: UInt32, to: UInt32)
  var epoch: UInt32
  var message: SimMessage
}
