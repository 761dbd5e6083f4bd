import KeyValue

/// How many objects share a block: counts, in groups of neighbouring units, that a transaction must have
/// in memory before it changes or copies shared blocks.
extension Partition {
  func prepareReferences(_ onode: Onode, onlyShared: Bool, _ entry: WaitingTransaction) {
    var missing: [UInt64] = []
    for bytes in onode.segments where !bytes.isEmpty {
      decodeOwn(segment, bytes)
      for block in 0..<Segment.blocks where !segment[block].isHole {
        if onlyShared, !segment[block].isShared { continue }
        let group = ReferenceGroup.group(of: segment[block].unit)
        if references[group] == nil, !findReferences(group), missing.last != group {
          missing.append(group)
        }
      }
    }
    if !missing.isEmpty { loadReferences(missing, entry) }
  }

  /// The counts of a group. They were loaded before, but for units that the same transaction wrote and
  /// then copied; that never happens in earnest, and then the index is asked here and now.
  func counts(_ group: UInt64) -> ReferenceGroup {
    if let known = references[group] { return known }
    if !findReferences(group) {
      do {
        let value = try keyValue.keyValue.get(StoreKey.references(index, group))?.array
        references[group] = try value.map { try ReferenceGroup(decoding: $0) } ?? ReferenceGroup()
      } catch {
        host.fail(error)
        references[group] = ReferenceGroup()
      }
    }
    return references[group]!
  }

  private func findReferences(_ group: UInt64) -> Bool {
    switch overlay.find(StoreKey.references(index, group)) {
    case .value(let value):
      guard let decoded = try? ReferenceGroup(decoding: value) else { return false }
      references[group] = decoded
    case .deleted: references[group] = ReferenceGroup()
    case .unknown: return false
    }
    return true
  }

  private func loadReferences(_ groups: [UInt64], _ entry: WaitingTransaction) {
    let keys = groups.map { StoreKey.references(index, $0) }
    startLoad(entry) { keyValue in
      try keys.map { try keyValue.get($0)?.array }
    } done: { [self] values in
      for (group, value) in zip(groups, values) where references[group] == nil {
        if findReferences(group) { continue }
        references[group] = try value.map { try ReferenceGroup(decoding: $0) } ?? ReferenceGroup()
      }
    }
  }
}
