import Buffers
import ClusterMaps
import Messages
import ObjectStores
import OpExecution
import RadosTypes
import Wire

/// Listing a PG's objects for clients. Ceph: `PrimaryLogPG::do_pg_op`.
extension PG {
  func list(_ op: ClientOp) {
    op.note(.started, at: reactor.clock.now)
    nonisolated(unsafe) let (pg, op) = (self, op)
    let interval = interval
    listings.append(op)
    Task.immediate(executorPreference: reactor) {
      var ops = op.request.ops
      var result: Int32 = 0
      for index in ops.indices where result >= 0 {
        result = await pg.list(&ops[index], op)
        guard interval == pg.interval else { return }
      }
      pg.listings.removeAll { $0 === op }
      pg.didList(op, ops, result)
    }
  }

  private func didList(_ op: ClientOp, _ ops: [OSDOp], _ result: Int32) {
    var reply = MOSDOpReply(
      to: op.request, ops: ops, result: result, epoch: map.epoch, reached: [.ack, .onDisk])
    reply.setVersions(info.lastUpdate, userVersion: info.lastUserVersion)
    op.reply = reply
    // It may name objects whose making is not durable yet.
    guard let newest = gathers.last else { return sendReply(op) }
    newest.followers.append(op)
  }

  private func list(_ step: inout OSDOp, _ op: ClientOp) async -> Int32 {
    switch step.code {
    case .pgNamespaceList, .pgList:
      guard op.request.object.isHead else { return -Errno.EINVAL }
      do throws(ListingError) {
        let page = try await page(step, namespace: op.request.object.namespace)
        step.outdata =
          step.code == .pgList ? page.encodedWithoutNamespaces : page.encoded(end: endOfPG)
        return page.isLast ? 1 : 0
      } catch {
        return -Errno.EINVAL
      }
    // Filters are not offered, hit sets not kept.
    case .pgHitSetList:
      step.outdata = Self.noHitSets
      return 0
    case .pgHitSetGet: return -Errno.ENOENT
    case .scrubList: return listScrubbed(&step)
    default: return -Errno.EINVAL
    }
  }

  private static var noHitSets: BufferList {
    var writer = WireWriter()
    writer.write(UInt32(0))
    return writer.finishList()
  }

  private enum ListingError: Error { case badCursor, store }

  /// Where the PG begins and ends in the order of objects (`pg_t::get_hobj_start`, `get_hobj_end`).
  var startOfPG: HObject {
    HObject(pool: id.pool, hash: id.pgID.seed, name: ByteString(), snap: .zero)
  }

  private var endOfPG: HObject {
    let start = UInt64(ObjectHash.reverseBits(id.pgID.seed))
    let end = (start | UInt64(UInt32.max) >> UInt64(splitBits)) + 1
    guard let hash = UInt32(exactly: end) else { return .max }
    return HObject(pool: id.pool, hash: ObjectHash.reverseBits(hash), name: ByteString())
  }

  private func page(_ step: OSDOp, namespace: ByteString) async throws(ListingError) -> ListingPage
  {
    let wanted = Int(min(step.listing.count, settings.ops.listingMax))
    var reader = WireReader(step.indata)
    guard let cursor = try? HObject(from: &reader) else { throw .badCursor }
    guard cursor.isMin || cursor.isMax || cursor.pool == id.pool else { throw .badCursor }
    guard cursor.isMax || cursor < endOfPG, cursor.isMin || cursor >= startOfPG else {
      throw .badCursor
    }
    var page = ListingPage(next: cursor)
    var seen = 0
    var next = cursor.isMax ? GHObject.max : cursor.isMin ? stored(startOfPG) : stored(cursor)
    while seen < wanted, !next.isMax {
      let found = try await batch(from: next, count: wanted - seen)
      next = found.next
      for object in found.objects where !object.isPGMeta {
        seen += 1
        if object.object.isHead && matches(object.object, namespace, step) {
          page.objects.append(object.object)
        }
      }
    }
    page.isLast = next.isMax
    page.next = next.isMax ? .max : next.object
    return page
  }

  private func batch(
    from: GHObject, count: Int
  ) async throws(ListingError) -> (
    objects: [GHObject], next: GHObject
  ) {
    do {
      return try await store.list(collection, from: from, to: .max, max: max(count, 1))
    } catch {
      throw .store
    }
  }

  /// "\001" stands for all namespaces (`librados::all_nspaces`), where the answer can name them.
  private func matches(_ object: HObject, _ namespace: ByteString, _ step: OSDOp) -> Bool {
    object.namespace == namespace
      || step.code == .pgNamespaceList && namespace == Self.allNamespaces
  }

  private static let allNamespaces = ByteString([1])
}

/// Some of a PG's objects, and where the next ones are.
private struct ListingPage {
  var objects: [HObject] = []
  var next: HObject
  var isLast = false

  /// Ceph: `pg_nls_response_t`, framed 1/1; entries are `namespace, name, key: string`.
  func encoded(end: HObject) -> BufferList {
    var writer = WireWriter()
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(isLast ? end : next)
      writer.write(array: objects) { writer, object in
        writer.write(object.namespace)
        writer.write(object.name)
        writer.write(object.key)
      }
    }
    return writer.finishList()
  }

  /// Ceph: `pg_ls_response_t`: `1: u8`, then the cursor and pairs of name and key.
  var encodedWithoutNamespaces: BufferList {
    var writer = WireWriter()
    writer.write(UInt8(1))
    writer.write(next)
    writer.write(array: objects) { writer, object in
      writer.write(object.name)
      writer.write(object.key)
    }
    return writer.finishList()
  }
}
