import ClusterMaps
import ObjectStores
import Peering
import RadosTypes
import Replication

/// A PG whose collection is in another partition of the store cannot be merged by a transaction: its
/// objects are copied, as recovery would copy them, and removed there when the merge is durable.
///
/// Crash-safe by its order. First this collection's bits become those of the merged PG: whatever is in
/// its place from then on is seen in it, also what a process before this one had copied. Then what is
/// not of the PG as it was goes, and the others' objects come; then the merge is written, and after it
/// the others are removed. A start in between finds this PG at a map before the merge, and begins anew,
/// or after it, and only removes.
extension PG {
  /// False if not all of its objects could be copied.
  func copyObjects(of other: PG, bits: UInt32) async -> Bool {
    let own = splitBits
    var transaction = Transaction()
    transaction.setCollectionBits(collection.id, bits)
    await commit(transaction)
    await removeObjects { [id] in !id.pgID.contains(hash: $0.hash, bits: own) && other.isOf($0) }
    let target = PushTarget(pg: id, intervalSince: 0, store: store, collection: collection)
    nonisolated(unsafe) let (receiver, sender, parts) = (self, other, target)
    return await other.shard.perform { await sender.giveObjects(to: receiver, parts) }
  }

  /// Whether an object of the merged PG is of this part of it.
  private func isOf(_ object: HObject) -> Bool {
    id.pgID.contains(hash: object.hash, bits: splitBits)
  }

  private func giveObjects(to receiver: PG, _ target: PushTarget) async -> Bool {
    var position = GHObject.min
    while !position.isMax {
      guard let page = try? await store.list(collection, from: position, to: .max, max: 64) else {
        return false
      }
      var parts: [PushOp] = []
      for object in page.objects.map(\.object) where !object.name.isEmpty && !object.isTemporary {
        guard await give(object, &parts, to: receiver, target) else { return false }
      }
      guard await pass(&parts, to: receiver, target) else { return false }
      position = page.next
    }
    return true
  }

  private func give(
    _ object: HObject, _ parts: inout [PushOp], to receiver: PG, _ target: PushTarget
  ) async -> Bool {
    guard let state = await load(object), state.exists else { return false }
    var push = ObjectPush(
      state.info, object: object, snapSet: state.snapSet,
      missing: MissingItem(need: state.info.version, cleanRegions: .fullyDirty),
      subsets: RecoverySubsets(bytes: state.info.size))
    while !push.isDone {
      do throws(RecoveryError) {
        parts.append(try await push.next(from: source))
      } catch {
        shard.log.error(.osd, self, "\(object) cannot be copied for a merge: \(error)")
        return false
      }
      let bytes = parts.reduce(0) { $0 + $1.data.count }
      if bytes >= settings.recovery.chunkBytesMax {
        guard await pass(&parts, to: receiver, target) else { return false }
      }
    }
    return true
  }

  /// Has the parts written before there are more.
  private func pass(
    _ parts: inout [PushOp], to receiver: PG, _ target: PushTarget
  ) async -> Bool {
    nonisolated(unsafe) let (batch, receiver, target) = (parts, receiver, target)
    parts = []
    guard !batch.isEmpty else { return true }
    return await receiver.shard.perform { await receiver.take(batch, target) }
  }

  private func take(_ parts: [PushOp], _ target: PushTarget) async -> Bool {
    for part in parts {
      var transaction = Transaction()
      do throws(RecoveryError) {
        _ = try await target.receive(part, into: &transaction)
      } catch {
        shard.log.error(.osd, self, "\(part.object) is not taken for a merge: \(error)")
        return false
      }
      store.queue(transaction, on: collection) {}
    }
    await commit(Transaction())
    return true
  }
}
