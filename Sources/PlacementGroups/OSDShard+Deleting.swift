import RadosTypes

/// PGs that are removed here, and what waits until they are gone.
extension OSDShard {
  func didDelete(_ pg: PG) {
    log.write(.osd, 5, pg, "deleted")
    host?.pgDeleted(pg.id)
    if let whenDeleted = pg.whenDeleted {
      whenDeleted()
    } else {
      pgs[pg.id] = nil
      forgetPlace(of: pg)
    }
    create(pg.lateCreations)
    redeliver(pg.lateMessages)
    requeue(pg.lateOps)
  }

  /// A merge in a map that has not come to this shard is told not to wait for it, and keeps its place.
  private func forgetPlace(of pg: PG) {
    let id = pg.id
    guard let merge = all.nextMerge(of: id) else {
      all.forget(id)
      return forgetChildren(of: pg)
    }
    merge.shard.reactor.post { merge.shard.arrived(merge, id, nil) }
  }

  /// Newer maps than this PG came to have placed children beside it: they do not split off it any more,
  /// but are made, if at all, where their number says.
  func forgetChildren(of pg: PG) {
    for child in all.children(of: pg.id, from: pg.pool.pgCount)
    where pgs[child] == nil && births[child] == nil {
      all.forget(child, on: self)
    }
  }
}
