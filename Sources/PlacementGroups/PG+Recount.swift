import ObjectStores
import OpExecution
import RadosTypes

/// After a split nobody knows what of the statistics went where: both sides count their objects.
extension PG {
  private static let recountBatch = 64

  func startRecount() {
    recount = StatRecount()
    nonisolated(unsafe) let pg = self
    let interval = interval
    reactor.spawn {
      while let position = pg.recount?.position, !position.isMax {
        guard
          let page = try? await pg.store.list(
            pg.collection, from: position.isMin ? .min : pg.stored(position), to: .max,
            max: Self.recountBatch), interval == pg.interval
        else { return }
        let heads = page.objects.map(\.object).filter { $0.isHead && !$0.name.isEmpty }
        pg.recount?.take(heads, upTo: page.next.isMax ? .max : page.next.object)
        while let object = pg.recount?.next() {
          let loaded = await pg.load(object)
          guard interval == pg.interval else { return }
          pg.count(object, loaded)
        }
      }
      pg.finishRecount()
    }
  }

  /// Whoever writes has the object's context; while there is none, the store's word is the last one.
  private func count(_ object: HObject, _ loaded: ObjectState?) {
    var state = loaded
    if let context = contexts.find(object), context.isLoaded { state = context.state }
    recount?.add(object, state.flatMap { $0.exists ? $0.info : nil })
  }

  private func finishRecount() {
    guard let counted = recount?.sum else { return }
    recount = nil
    info.stats.sum.replaceCounts(by: counted)
    info.stats.statsInvalid = false
    hasNews = true
    persist()
  }
}

extension ObjectStatSum {
  /// Takes what can be counted, keeps what only history knows.
  fileprivate mutating func replaceCounts(by counted: ObjectStatSum) {
    objects = counted.objects
    bytes = counted.bytes
    objectsDirty = counted.objectsDirty
    objectsOmap = counted.objectsOmap
    whiteouts = counted.whiteouts
  }
}
