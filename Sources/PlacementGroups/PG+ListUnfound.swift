import Base
import Peering
import RadosTypes

/// `ceph pg PGID list_unfound`. Names and order: `PrimaryLogPG::do_command`,
/// `PeeringState::query_unfound`.
extension PG {
  /// Those after `offset`, at most `osd_command_max_records`.
  func listUnfound(after offset: HObject, most: Int, pretty: Bool) -> String {
    let unfound = peering.unfoundObjects
    let rest = unfound.filter { $0.object > offset }
    var json = JSONWriter(pretty: pretty)
    json.object { json in
      json.integer("num_missing", peering.missingLocation.needsRecovery.count)
      json.integer("num_unfound", unfound.count)
      json.array("objects") { json in
        for lost in rest.prefix(most) { dump(lost.object, lost.item, into: &json) }
      }
      dumpSources(into: &json)
      json.bool("more", rest.count > most)
    }
    return json.finish()
  }

  private func dump(_ object: HObject, _ item: MissingItem, into json: inout JSONWriter) {
    json.object { json in
      json.object("oid") { json in object.dump(into: &json) }
      json.string("need", item.need.description)
      json.string("have", item.have.description)
      json.string("flags", item.isDelete ? "delete" : "none")
      json.string("clean_regions", item.cleanRegions.text)
      json.array("locations") { json in
        for place in (peering.missingLocation.locations[object] ?? []).sorted() {
          json.string(nil, "\(place)")
        }
      }
    }
  }

  private func dumpSources(into json: inout JSONWriter) {
    json.string("state", isPrimary ? "Active" : "ReplicaActive")
    json.bool("available_might_have_unfound", isPrimary)
    guard isPrimary else { return }
    json.array("might_have_unfound") { json in
      for (member, status) in peering.openSources {
        json.object { json in
          json.string("osd", "\(member)")
          json.string("status", status)
        }
      }
    }
  }
}

extension HObject {
  /// Ceph: `hobject_t::dump`.
  fileprivate func dump(into json: inout JSONWriter) {
    json.string("oid", name.description)
    json.string("key", key.description)
    json.integer("snapid", Int64(bitPattern: snap.rawValue))
    json.integer("hash", hash)
    json.integer("max", isMax ? 1 : 0)
    json.integer("pool", pool)
    json.string("namespace", namespace.description)
  }
}

extension ObjectCleanRegions {
  fileprivate var text: String {
    "clean_offsets: \(cleanOffsets), clean_omap: \(cleanOmap ? 1 : 0), "
      + "new_object: \(isNew ? 1 : 0)"
  }
}
