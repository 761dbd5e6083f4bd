import Buffers
import RadosTypes
import Wire

/// Ops that the object's information alone answers.
extension OpInterpreter {
  mutating func stat() -> Progress {
    delta.reads += 1
    guard state.isVisible else { return .failed(Errno.ENOENT) }
    var writer = WireWriter()
    writer.write(state.info.size)
    writer.write(state.info.mtime)
    op.outdata = writer.finishList()
    return .unchanged
  }

  mutating func assertVersion() -> Progress {
    let asserted = op.assertedVersion
    if asserted == 0 { return .failed(Errno.EINVAL) }
    if asserted < state.info.userVersion { return .failed(Errno.ERANGE) }
    if asserted > state.info.userVersion { return .failed(Errno.EOVERFLOW) }
    return .unchanged
  }

  mutating func isDirty() -> Progress {
    delta.reads += 1
    var writer = WireWriter()
    writer.write(state.info.flags.contains(.dirty))
    op.outdata = writer.finishList()
    return .done(0)
  }

  /// Ceph: `obj_list_watch_response_t`, framed 1/1 around `watch_item_t`, framed 2/1.
  mutating func listWatchers() -> Progress {
    delta.reads += 1
    let watchers = state.info.watchers.sorted { $0.key < $1.key }
    var writer = WireWriter()
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(array: watchers) { writer, watcher in
        writer.writeFramed(version: 2, compat: 1) { writer in
          writer.write(watcher.key.name)
          writer.write(watcher.key.cookie)
          writer.write(watcher.value.timeoutSeconds)
          writer.write(watcher.value.address)
        }
      }
    }
    op.outdata = writer.finishList()
    return .done(0)
  }

  /// Ceph: `obj_list_snap_response_t`, framed 2/1 around `clone_info`, framed 1/1.
  mutating func listSnaps() -> Progress {
    delta.reads += 1
    let snapSet = state.snapSet
    var writer = WireWriter()
    writer.writeFramed(version: 2, compat: 1) { writer in
      writer.write(UInt32(snapSet.clones.count + (state.isVisible ? 1 : 0)))
      for clone in snapSet.clones {
        let overlap = snapSet.cloneOverlap[clone]?.intervals ?? []
        writer.writeFramed(version: 1, compat: 1) { writer in
          writer.write(clone)
          writer.write(array: (snapSet.cloneSnaps[clone] ?? []).reversed())
          writer.write(array: overlap) { writer, run in
            writer.write(run.start)
            writer.write(run.length)
          }
          writer.write(snapSet.cloneSize[clone] ?? 0)
        }
      }
      if state.isVisible {
        writer.writeFramed(version: 1, compat: 1) { writer in
          writer.write(SnapID.head)
          writer.write(UInt32(0))
          writer.write(UInt32(0))
          writer.write(state.info.size)
        }
      }
      writer.write(snapSet.sequence)
    }
    op.outdata = writer.finishList()
    return .done(0)
  }
}
