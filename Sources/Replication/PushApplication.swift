import Buffers
import ObjectStores
import RadosTypes

/// What a part of an object does to the store, in the operations and the order that Ceph's replicas
/// have. Ceph: `ReplicatedBackend::submit_push_data`, `submit_push_complete`.
struct PushApplication {
  let push: PushOp
  let isComplete: Bool
  let collection: CollectionID
  /// Where the object grows when it comes in several parts.
  var temporary: HObject
  /// Bytes of the object that is there; nil: none is.
  var previousSize: UInt64?
  /// Whose allocation hint the object gets.
  var allocation: ObjectInfo

  init(_ push: PushOp, isComplete: Bool, in collection: CollectionID) {
    self.push = push
    self.isComplete = isComplete
    self.collection = collection
    temporary = push.object
    allocation = push.recovery.info
  }

  private var isInPlace: Bool { push.before.isFirst && isComplete }
  private var object: GHObject { GHObject(push.object) }
  private var target: GHObject { isInPlace ? object : GHObject(temporary) }

  func apply(to transaction: inout Transaction) {
    if push.before.isFirst { prepare(&transaction) }
    writeData(&transaction)
    if !push.omapEntries.isEmpty {
      transaction.omapSet(target, in: collection, push.omapEntries.named)
    }
    if !push.attributes.isEmpty {
      transaction.setAttributes(target, in: collection, push.attributes.named)
    }
    guard isComplete else { return }
    if !isInPlace {
      transaction.remove(object, in: collection)
      transaction.moveRename(target, in: collection, to: object, in: collection)
    }
    takeFromClones(&transaction)
  }

  /// Makes what the parts are written to.
  private func prepare(_ transaction: inout Transaction) {
    if !isInPlace || !push.recovery.exists {
      transaction.remove(target, in: collection)
      transaction.touch(target, in: collection)
      transaction.setAllocationHint(
        target, in: collection, objectSize: allocation.expectedObjectSize,
        writeSize: allocation.expectedWriteSize, flags: allocation.allocationHintFlags)
    }
    if isInPlace {
      transaction.removeAttributes(target, in: collection)
      if !push.before.omapComplete { transaction.omapClear(target, in: collection) }
    }
    transaction.truncate(target, in: collection, size: push.recovery.size)
    if !push.omapHeader.isEmpty {
      transaction.omapSetHeader(target, in: collection, push.omapHeader)
    }
    if !isInPlace && push.recovery.exists { keepClean(&transaction) }
  }

  /// Takes what is not copied from the object that is there.
  private func keepClean(_ transaction: inout Transaction) {
    var clean = IntervalSet(start: 0, length: min(push.recovery.size, previousSize ?? 0))
    clean.subtract(push.recovery.copySubset)
    for run in clean.intervals {
      transaction.cloneRange(
        object, in: collection, offset: run.start, length: run.length, to: target, at: run.start)
    }
  }

  private func writeData(_ transaction: inout Transaction) {
    var holes = push.copied
    holes.subtract(push.dataIncluded)
    for hole in holes.intervals {
      transaction.zero(target, in: collection, offset: hole.start, length: hole.length)
    }
    var at = 0
    for run in push.dataIncluded.intervals {
      let bytes = push.data.sub(at, Int(run.length))
      transaction.write(target, in: collection, offset: run.start, data: BufferList(bytes))
      at += bytes.count
    }
  }

  private func takeFromClones(_ transaction: inout Transaction) {
    for (clone, runs) in push.recovery.cloneSubset.sorted(by: { $0.key < $1.key }) {
      for run in runs.intervals {
        transaction.cloneRange(
          GHObject(clone), in: collection, offset: run.start, length: run.length, to: object,
          at: run.start)
      }
    }
  }
}

extension [ByteString: ByteSlice] {
  /// In the order of the names.
  fileprivate var named: [NamedValue] {
    sorted { $0.key < $1.key }.map { NamedValue($0.key, $0.value) }
  }
}
