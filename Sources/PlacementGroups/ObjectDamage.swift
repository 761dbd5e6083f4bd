import Buffers
import ObjectStores
import RadosTypes

/// How a test damages one copy of an object, behind the back of its PG.
///
/// Ceph: the commands of `TestOpsSocketHook`.
package enum ObjectDamage: Sendable {
  case setOmap(ByteString, ByteString)
  case removeOmap(ByteString)
  case setOmapHeader(ByteString)
  case truncate(UInt64)
  /// Reads of its data fail, until it is written anew.
  case failReads
  /// Its size and attributes cannot be had, until it is written anew.
  case failMetadata
}

extension OSDShards {
  /// False if there is no such object here.
  package func damage(
    _ object: HObject, in id: ShardPGID, _ damage: ObjectDamage
  ) async -> Bool {
    await withUnsafeContinuation { continuation in
      guard let shard = place(of: id) else { return continuation.resume(returning: false) }
      shard.reactor.post {
        shard.reactor.spawn {
          continuation.resume(returning: await shard.pgs[id]?.damage(object, damage) ?? false)
        }
      }
    }
  }
}

extension PG {
  fileprivate func damage(_ object: HObject, _ damage: ObjectDamage) async -> Bool {
    let object = stored(object)
    guard await (try? store.stat(object, in: collection)) != nil else { return false }
    var transaction = Transaction()
    switch damage {
    case .setOmap(let key, let value):
      transaction.omapSet(object, in: collection.id, [NamedValue(key, value.slice)])
    case .removeOmap(let key): transaction.omapRemove(object, in: collection.id, [key])
    case .setOmapHeader(let header):
      transaction.omapSetHeader(object, in: collection.id, header.slice)
    case .truncate(let size): transaction.truncate(object, in: collection.id, size: size)
    case .failReads:
      shard.damagedStore.failReads(of: object)
      return true
    case .failMetadata:
      shard.damagedStore.failMetadata(of: object)
      return true
    }
    await apply(transaction)
    return true
  }

  private func apply(_ transaction: Transaction) async {
    let (store, collection) = (store, collection)
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      store.queue(transaction, on: collection) { continuation.resume() }
    }
  }
}
