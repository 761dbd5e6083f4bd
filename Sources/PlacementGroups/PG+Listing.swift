import Buffers
import ClusterMaps
import Messages
import ObjectStores
import OpExecution
import Peering
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
        var writer = WireWriter()
        if step.code == .pgList {
          page.response(end: .max).encodeOld(into: &writer)
        } else {
          writer.write(page.response(end: endOfPG))
        }
        step.outdata = writer.finishList()
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
    var page = ListingPage(next: cursor.isMin ? startOfPG : cursor)
    // Before the store is asked: what is copied here meanwhile is in one of the two.
    var missing = ListedMissing(peering.missing, from: page.next)
    var seen = 0
    while seen < wanted, !page.isLast {
      let found = try await batch(from: stored(page.next), count: wanted - seen)
      page.next = found.next.object
      let here = found.objects.filter { !$0.isPGMeta }.map(\.object)
      for object in missing.merged(with: here, before: page.next) {
        guard seen < wanted else {
          page.next = object
          break
        }
        seen += 1
        if object.isHead && matches(object, namespace, step) { page.objects.append(object) }
      }
    }
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

  var isLast: Bool { next.isMax }

  /// The last one says where the next PG begins.
  func response(end: HObject) -> PGListResponse {
    PGListResponse(
      next: isLast ? end : next,
      objects: objects.map { ListedObject(namespace: $0.namespace, name: $0.name, key: $0.key) })
  }
}

/// What the primary answers for and does not have yet. Ceph: `do_pg_op` merges `pg_missing_t` too.
private struct ListedMissing {
  /// Heads that others have, ascending.
  private var heads: ArraySlice<HObject>
  /// What is to be deleted here.
  private let deleted: Set<HObject>

  init(_ missing: MissingSet, from start: HObject) {
    let items = missing.items.filter { $0.key >= start }
    heads = items.filter { $0.key.isHead && !$0.value.isDelete }.map(\.key).sorted()[...]
    deleted = Set(items.filter { $0.value.isDelete }.keys)
  }

  /// Those of the store and those that come before `end`, in order.
  mutating func merged(with stored: [HObject], before end: HObject) -> [HObject] {
    let added = heads.prefix { $0 < end }
    guard !added.isEmpty || !deleted.isEmpty else { return stored }
    heads = heads.dropFirst(added.count)
    return Set(stored).subtracting(deleted).union(added).sorted()
  }
}
