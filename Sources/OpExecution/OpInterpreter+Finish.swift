import Buffers
import ObjectStores
import RadosTypes
import Wire

/// What a PG gives a write when it takes it into its log.
package struct WriteStamp: Sendable {
  package var version: EVersion
  /// The greatest version that users of the PG have seen.
  package var lastUserVersion: UInt64
  package var reqID: ReqID
  /// The client's clock and this daemon's.
  package var mtime: UTime
  package var now: UTime

  package init(
    version: EVersion, lastUserVersion: UInt64, reqID: ReqID, mtime: UTime, now: UTime
  ) {
    self.version = version
    self.lastUserVersion = lastUserVersion
    self.reqID = reqID
    self.mtime = mtime
    self.now = now
  }
}

extension OpInterpreter {
  /// Whether the change cannot be made without clones being made or told of it: the head as it was belongs
  /// to a snapshot, or clones share what is changed with it (`SnapSet.cloneOverlap`).
  package var needsClones: Bool {
    guard isTouched else { return false }
    if before.hasClones { return true }
    guard before.isVisible, let newest = snapContext.snaps.first else { return false }
    return newest > before.snapSequence
  }

  /// Whether the object or the number of objects grows, which a full pool does not allow.
  package var grows: Bool { delta.bytes > 0 || delta.objects > 0 }

  /// Completes a vector that succeeded and touched something: flags, statistics, versions, and the
  /// attributes that keep them (`make_writeable`, `finish_ctx`). Returns the version users will see.
  package mutating func finish(_ stamp: WriteStamp) -> UInt64 {
    countFlags()
    if snapContext.sequence > state.snapSet.sequence {
      state.snapSet.sequence = snapContext.sequence
      state.snapSet.snaps = []
    }
    var userVersion = before.userVersion
    if isUserModify {
      userVersion = max(
        max(stamp.lastUserVersion, state.info.userVersion) + 1, stamp.version.version)
      state.info.userVersion = userVersion
    }
    guard state.exists else {
      state = ObjectState(absent: object.object)
      return userVersion
    }
    state.info.version = stamp.version
    state.info.priorVersion = before.version
    state.info.lastReqID = stamp.reqID
    if !stamp.mtime.isZero {
      state.info.mtime = stamp.mtime
      state.info.localMTime = stamp.now
    }
    setInfoAttributes()
    return userVersion
  }

  private mutating func countFlags() {
    let wasDirty = before.flags.contains(.dirty)
    if state.exists {
      state.info.flags.insert(.dirty)
      if !wasDirty { delta.objectsDirty += 1 }
    } else if wasDirty {
      state.info.flags.remove(.dirty)
      delta.objectsDirty -= 1
    }
    let hadOmap = before.exists && before.flags.contains(.omap)
    let hasOmap = state.exists && state.info.flags.contains(.omap)
    delta.objectsOmap += (hasOmap ? 1 : 0) - (hadOmap ? 1 : 0)
  }

  private mutating func setInfoAttributes() {
    var writer = WireWriter(capacity: 512)
    writer.write(state.info)
    // Of the clones only the sequence changes here, and with it what there was before snapshots.
    if before.exists && !wasRemoved && before.snapSequence == state.snapSet.sequence {
      let info = writer.finish()
      return transaction.setAttribute(object, in: collection, ObjectState.infoAttribute, info)
    }
    let infoBytes = writer.count
    writer.write(state.snapSet)
    let both = writer.finish()
    transaction.setAttributes(
      object, in: collection,
      [
        NamedValue(ObjectState.infoAttribute, both.prefix(infoBytes)),
        NamedValue(ObjectState.snapSetAttribute, both.dropFirst(infoBytes)),
      ])
  }
}
