import Buffers
import ObjectStores

/// Omap: entries under an id of their own, so that clearing all takes one change. The object's record changes
/// only with the id: a PG's log adds an entry with each write, and nothing else.
extension Partition {
  func applyToOmap(_ action: Transaction.Action, _ onode: Onode, _ context: TransContext) {
    switch action {
    case .omapClear: clearOmap(onode, context)
    case .omapSet(let entries):
      let omap = omapID(onode, context)
      for index in entries.indices {
        context.put(StoreKey.omapEntry(omap, entries[index].name), entries[index].value.array)
      }
    case .omapRemove(let keys):
      guard onode.record.omap != 0 else { return }
      for key in keys { context.delete(StoreKey.omapEntry(onode.record.omap, key)) }
    case .omapRemoveRange(let from, let to):
      guard onode.record.omap != 0, from < to else { return }
      context.deleteRange(
        from: StoreKey.omapEntry(onode.record.omap, from),
        to: StoreKey.omapEntry(onode.record.omap, to))
    case .omapSetHeader(let header):
      context.put(StoreKey.omapHeader(omapID(onode, context)), header.array)
    default: preconditionFailure("not an omap operation: \(action)")
    }
  }

  private func omapID(_ onode: Onode, _ context: TransContext) -> UInt64 {
    if onode.record.omap == 0 {
      touch(onode, context)
      onode.record.omap = makeID()
    }
    return onode.record.omap
  }

  func clearOmap(_ onode: Onode, _ context: TransContext) {
    let omap = onode.record.omap
    guard omap != 0 else { return }
    touch(onode, context)
    context.deleteRange(
      from: StoreKey.prefix(StoreKey.Kind.omap, omap), to: StoreKey.omapEnd(omap))
    onode.record.omap = 0
  }

  func copyOmap(
    _ source: Onode, to copy: Onode, _ entry: WaitingTransaction, _ context: TransContext
  ) {
    let omap = source.record.omap
    guard omap != 0 else { return }
    let above = overlay.entries(
      from: StoreKey.prefix(StoreKey.Kind.omap, omap), to: StoreKey.omapEnd(omap), max: .max)
    let entries = merge(entry.brought?.omaps[omap] ?? indexedOmap(omap), above.entries)
    guard !entries.isEmpty else { return }
    let target = omapID(copy, context)
    for (key, value) in entries {
      let isHeader = key.bytes[9] == 0
      context.put(
        isHeader
          ? StoreKey.omapHeader(target) : StoreKey.omapEntry(target, StoreKey.omapUserKey(key)),
        value)
    }
  }

  /// What the index has of an omap that nobody could know would be copied: the object got its name in
  /// the same transaction.
  private func indexedOmap(_ omap: UInt64) -> [(key: ByteString, value: [UInt8])] {
    guard omap < indexedID else { return [] }
    do {
      return try Self.readOmap(keyValue.keyValue, omap)
    } catch {
      host.fail(error)
      return []
    }
  }
}
