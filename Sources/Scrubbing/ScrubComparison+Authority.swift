import Buffers
import OpExecution
import RadosTypes
import Wire

/// Which copy is taken to be right.
extension ScrubComparison {
  /// A copy that nothing is wrong with by itself, and what its information says.
  struct Authority {
    var shard: PGShard
    var found: ScrubMap.Object
    var info: ObjectInfo

    /// How many digests its information has.
    var digestCount: Int {
      (info.flags.contains(.dataDigest) ? 1 : 0) + (info.flags.contains(.omapDigest) ? 1 : 0)
    }
  }

  /// The newest of those that nothing is wrong with, then the one whose information says most, then this
  /// OSD's own. Ceph: `PGBackend::be_select_auth_object`.
  mutating func chooseAuthority(_ item: inout Case) -> Authority? {
    var best: Authority?
    for place in order {
      guard let found = maps[place]?.objects[item.object] else { continue }
      var shard = InconsistentShard()
      shard.isPrimary = place == context.whoami
      var complaints: [String] = []
      let info = examine(found, item.object, &shard, &complaints)
      item.shards[place] = shard
      if !complaints.isEmpty {
        lines.append(
          "\(context.pgID.pgID) shard \(place) soid \(item.object) : "
            + complaints.joined(separator: ", "))
      }
      guard let info else { continue }
      if let mine = best?.found.digest, let theirs = found.digest, mine != theirs {
        item.digestsMatch = false
      }
      let candidate = Authority(shard: place, found: found, info: info)
      if shard.errors.isEmpty, candidate.isBetter(than: best) { best = candidate }
    }
    return best
  }

  /// What is wrong with a copy by itself. Returns its information if it can be read.
  private func examine(
    _ found: ScrubMap.Object, _ object: HObject, _ shard: inout InconsistentShard,
    _ complaints: inout [String]
  ) -> ObjectInfo? {
    func complain(_ error: InconsistentShard.Errors, _ text: String) {
      shard.errors.insert(error)
      complaints.append("candidate \(text)")
    }
    if found.readError { complain(.read, "had a read error") }
    if found.hashMismatch { complain(.hashMismatch, "had an ec hash mismatch") }
    if found.sizeMismatch { complain(.shardSizeMismatch, "had an ec size mismatch") }
    if found.statError {
      complain(.stat, "had a stat error")
      return nil
    }
    if object.isHead {
      if let bytes = found.attributes[ObjectState.snapSetAttribute] {
        if (try? SnapSet(wire: bytes)) == nil {
          complain(.snapSetCorrupted, "had a corrupt snapset")
        }
      } else {
        complain(.snapSetMissing, "had a missing snapset key")
      }
    }
    guard let bytes = found.attributes[ObjectState.infoAttribute] else {
      complain(.infoMissing, "had a missing info key")
      return nil
    }
    guard let info = try? ObjectInfo(wire: bytes), info.object == object else {
      complain(.infoCorrupted, "had a corrupt info")
      return nil
    }
    if found.size != info.size {
      complain(.objectSizeInfoMismatch, "size \(found.size) info size \(info.size) mismatch")
    }
    return info
  }
}

extension ScrubComparison.Authority {
  fileprivate func isBetter(than other: Self?) -> Bool {
    guard let other else { return true }
    if info.version != other.info.version { return info.version > other.info.version }
    return digestCount > other.digestCount
  }
}
