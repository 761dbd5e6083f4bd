import Base
import Buffers
import ObjectStores
import RadosTypes
import Wire

/// The objects of a PG as others copy them, part by part.
///
/// An object must not change from its first part to its last. On the collection's reactor.
/// Ceph: `ReplicatedBackend::build_push_op`, `handle_pull`.
package struct ObjectSource {
  let store: any ObjectStore
  let collection: StoreCollection
  package var settings: RecoverySettings

  package init(
    store: any ObjectStore, collection: StoreCollection, settings: RecoverySettings
  ) {
    self.store = store
    self.collection = collection
    self.settings = settings
  }

  /// The part that follows on `progress`; where that ends stands in the part's `after`.
  package func push(
    _ recovery: ObjectRecoveryInfo, after progress: ObjectRecoveryProgress
  ) async throws(RecoveryError) -> PushOp {
    var push = PushOp(recovery.object, version: recovery.version)
    push.recovery = recovery
    push.before = progress
    push.after = progress
    let info = progress.isFirst ? try await begin(&push) : nil
    guard push.version != .zero else {
      throw .malformed(push.object, "a further part of no version")
    }
    let room = progress.omapComplete ? bytesMax : try await addOmap(to: &push)
    if room > 0 { try await addData(to: &push, bytesMax: room) }
    if let info { try checkDigest(push, info) }
    conclude(&push)
    return push
  }

  private var bytesMax: UInt64 { min(settings.chunkBytesMax, Limits.pushBytesMax) }

  /// Attributes and omap header, and the version.
  private func begin(_ push: inout PushOp) async throws(RecoveryError) -> ObjectInfo {
    let name = GHObject(push.object)
    do throws(StoreError) {
      push.omapHeader = try await store.omapHeader(of: name, in: collection)
      for attribute in try await store.attributes(of: name, in: collection) {
        push.attributes[attribute.name] = attribute.value
      }
    } catch {
      throw RecoveryError(push.object, error)
    }
    let info: ObjectInfo
    do throws(DecodeError) {
      info = try ObjectInfo(wire: push.attributes[ObjectInfo.attributeName] ?? .empty)
    } catch {
      throw .damaged(push.object, "its information: \(error)")
    }
    if push.version == .zero { push.version = info.version }
    guard info.version == push.version else {
      throw .wrongVersion(push.object, found: info.version, wanted: push.version)
    }
    push.after.isFirst = false
    return info
  }

  /// Entries up to their number and bytes, but one at least; returns the bytes that are left for data.
  private func addOmap(to push: inout PushOp) async throws(RecoveryError) -> UInt64 {
    let entriesMax = settings.chunkOmapEntriesMax == 0 ? Int.max : settings.chunkOmapEntriesMax
    let page = try await omapPage(
      of: push.object, from: .from(push.before.omapRecoveredTo),
      entriesMax: entriesMax == .max ? .max : entriesMax + 1)
    var left = bytesMax
    for (index, entry) in page.entries.enumerated() {
      let bytes = UInt64(entry.name.count + entry.value.count)
      if index > 0 && (index >= entriesMax || left <= bytes) {
        push.after.omapRecoveredTo = entry.name
        return left
      }
      push.omapEntries[entry.name] = entry.value
      left -= min(left, bytes)
    }
    guard page.hasMore, let last = page.entries.last else {
      push.after.omapComplete = true
      return left
    }
    let next = try await omapPage(of: push.object, from: .after(last.name), entriesMax: 1)
    guard let following = next.entries.first else {
      throw .damaged(push.object, "its omap changed while it was read")
    }
    push.after.omapRecoveredTo = following.name
    return left
  }

  private func omapPage(
    of object: HObject, from start: OmapStart, entriesMax: Int
  ) async throws(RecoveryError) -> OmapPage {
    do throws(StoreError) {
      return try await store.omapEntries(
        of: GHObject(object), in: collection, start: start, prefix: ByteString(),
        maxEntries: entriesMax, maxBytes: Int(bytesMax))
    } catch {
      throw RecoveryError(object, error)
    }
  }

  /// What is to be copied and is not a hole.
  private func addData(
    to push: inout PushOp, bytesMax: UInt64
  ) async throws(RecoveryError) {
    guard let end = push.recovery.copySubset.end else { return }
    let start = push.before.dataRecoveredTo
    var data = BufferList()
    do throws(StoreError) {
      let name = GHObject(push.object)
      var written = IntervalSet()
      for extent in try await store.extents(
        name, in: collection, offset: start, length: end > start ? end - start : 0)
      { written.insert(extent.offset, length: extent.length) }
      let wanted = push.recovery.copySubset.intersection(written)
      push.dataIncluded = wanted.span(from: start, length: bytesMax)
      let isLast = push.dataIncluded.isEmpty || push.dataIncluded.end == wanted.end
      push.after.dataRecoveredTo = isLast ? end : push.dataIncluded.end ?? end
      for run in push.dataIncluded.intervals {
        data.append(
          try await store.read(name, in: collection, offset: run.start, length: run.length))
      }
    } catch {
      throw RecoveryError(push.object, error)
    }
    guard UInt64(data.count) == push.dataIncluded.count else {
      throw .damaged(push.object, "\(data.count) bytes of \(push.dataIncluded) were read")
    }
    push.data = data.contiguous()
  }

  /// Only a part that is the whole object can be checked.
  private func checkDigest(_ push: PushOp, _ info: ObjectInfo) throws(RecoveryError) {
    guard info.flags.contains(.dataDigest), push.dataIncluded.start == 0,
      UInt64(push.data.count) == info.size
    else { return }
    let digest = CRC32C.checksum(push.data, seed: .max)
    guard digest == info.dataDigest else {
      throw .damaged(push.object, "data digest is \(digest), not \(info.dataDigest)")
    }
  }

  private func conclude(_ push: inout PushOp) {
    if push.after.isComplete(of: push.recovery) {
      push.after.dataComplete = true
    } else if push.before.isFirst && push.before.omapComplete {
      // More parts go to a new object, which then needs its omap too.
      push.after.omapComplete = false
    }
  }
}

extension ObjectInfo {
  /// The attribute that holds it. Ceph: `OI_ATTR`.
  package static let attributeName: ByteString = "_"
}
