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
      all.forget(pg.id)
      forgetChildren(of: pg)
    }
    create(pg.lateCreations)
    redeliver(pg.lateMessages)
    requeue(pg.lateOps)
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
