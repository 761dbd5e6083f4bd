import Buffers
import OpExecution
import RadosTypes

/// How one copy differs from the one that was chosen, and from what is known of the object.
extension ScrubComparison {
  /// Ceph: `PGBackend::be_compare_scrub_objects`; in its order and words.
  func differences(
    of found: ScrubMap.Object, from choice: Authority, _ shard: inout InconsistentShard,
    _ item: inout Case
  ) -> [String] {
    var texts: [String] = []
    compareDigests(found, choice, &item.error, &texts)
    compareDigestsWithInfo(found, choice.info, &shard, &texts)
    if found.statError { return texts }
    compareSystemAttributes(found, choice, shard, &item, &texts)
    compareSizes(found, choice, &shard, &item.error, &texts)
    compareUserAttributes(found, choice, &item.error, &texts)
    return texts
  }

  private func mismatch(_ name: String, _ mine: UInt32, _ theirs: UInt32, _ from: String) -> String
  {
    "\(name) 0x\(String(mine, radix: 16)) != \(name) 0x\(String(theirs, radix: 16)) from \(from)"
  }

  private func compareDigests(
    _ found: ScrubMap.Object, _ choice: Authority, _ error: inout InconsistentObject,
    _ texts: inout [String]
  ) {
    if let mine = found.digest, let theirs = choice.found.digest, mine != theirs {
      error.errors.insert(.dataDigestMismatch)
      texts.append(mismatch("data_digest", mine, theirs, "shard \(choice.shard)"))
    }
    if let mine = found.omapDigest, let theirs = choice.found.omapDigest, mine != theirs {
      error.errors.insert(.omapDigestMismatch)
      texts.append(mismatch("omap_digest", mine, theirs, "shard \(choice.shard)"))
    }
  }

  private func compareDigestsWithInfo(
    _ found: ScrubMap.Object, _ info: ObjectInfo, _ shard: inout InconsistentShard,
    _ texts: inout [String]
  ) {
    if let mine = found.digest, info.flags.contains(.dataDigest), mine != info.dataDigest {
      shard.errors.insert(.dataDigestMismatchInfo)
      texts.append(mismatch("data_digest", mine, info.dataDigest, "auth oi \(info)"))
    }
    if let mine = found.omapDigest, info.flags.contains(.omapDigest), mine != info.omapDigest {
      shard.errors.insert(.omapDigestMismatchInfo)
      texts.append(mismatch("omap_digest", mine, info.omapDigest, "auth oi \(info)"))
    }
  }

  private func compareSystemAttributes(
    _ found: ScrubMap.Object, _ choice: Authority, _ shard: InconsistentShard,
    _ item: inout Case, _ texts: inout [String]
  ) {
    func differs(_ name: ByteString) -> Bool {
      found.attributes[name] != choice.found.attributes[name]
    }
    if shard.errors.isDisjoint(with: [.infoMissing, .infoCorrupted]),
      differs(ObjectState.infoAttribute)
    {
      item.error.errors.insert(.infoInconsistency)
      texts.append("object info inconsistent ")
    }
    if item.object.isHead, shard.errors.isDisjoint(with: [.snapSetMissing, .snapSetCorrupted]),
      differs(ObjectState.snapSetAttribute)
    {
      item.error.errors.insert(.snapSetInconsistency)
      texts.append("snapset inconsistent ")
    }
  }

  private func compareSizes(
    _ found: ScrubMap.Object, _ choice: Authority, _ shard: inout InconsistentShard,
    _ error: inout InconsistentObject, _ texts: inout [String]
  ) {
    let info = choice.info
    if found.size != info.size {
      shard.errors.insert(.sizeMismatchInfo)
      texts.append("size \(found.size) != size \(info.size) from auth oi \(info)")
    }
    if found.size != choice.found.size {
      error.errors.insert(.sizeMismatch)
      texts.append(
        "size \(found.size) != size \(choice.found.size) from shard \(choice.shard)")
    }
    let most = context.settings.objectBytesMax
    if found.size > most, !error.errors.contains(.sizeTooLarge) {
      error.errors.insert(.sizeTooLarge)
      texts.append("size \(found.size) > \(most) is too large")
    }
  }

  private func compareUserAttributes(
    _ found: ScrubMap.Object, _ choice: Authority, _ error: inout InconsistentObject,
    _ texts: inout [String]
  ) {
    for (name, value) in choice.found.userAttributes {
      guard let mine = found.attributes[name] else {
        error.errors.insert(.attributeNameMismatch)
        texts.append("attr name mismatch '\(name)'")
        continue
      }
      guard mine != value else { continue }
      error.errors.insert(.attributeValueMismatch)
      texts.append("attr value mismatch '\(name)'")
    }
    for (name, _) in found.userAttributes where choice.found.attributes[name] == nil {
      error.errors.insert(.attributeNameMismatch)
      texts.append("attr name mismatch '\(name)'")
    }
  }
}

extension ScrubMap.Object {
  /// Those that users set: `_` and a name.
  fileprivate var userAttributes: [(key: ByteString, value: ByteSlice)] {
    attributes.filter {
      $0.key != ObjectState.infoAttribute && $0.key.bytes.first == UInt8(ascii: "_")
    }.sorted { $0.key < $1.key }
  }
}
