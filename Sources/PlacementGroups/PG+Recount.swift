import ObjectStores
import OpExecution
import RadosTypes

/// After a split nobody knows what of the statistics went where: both sides count their objects. So does
/// a PG that has given up objects.
///
/// An object that is missing here is in the statistics, in the version that is missing: what the store
/// has does not tell what it adds, and its coming changes nothing. So nothing may be missing; a stock
/// primary counts, in a scrub, when it is clean.
extension PG {
  private static let recountBatch = 64

  /// To be called whenever the primary may have got the last object that it lacked.
  func recountIfNeeded() {
    guard info.stats.statsInvalid, recount == nil, isPrimary, peering.isPeered,
      peering.missing.isEmpty
    else { return }
    recount = StatRecount()
    recounts += 1
    nonisolated(unsafe) let pg = self
    let number = recounts
    reactor.spawn {
      while let position = pg.recount?.position, !position.isMax {
        guard
          let page = try? await pg.store.list(
            pg.collection, from: position.isMin ? .min : pg.stored(position), to: .max,
            max: Self.recountBatch), number == pg.recounts
        else { return }
        let heads = page.objects.map(\.object).filter { $0.isHead && !$0.name.isEmpty }
        pg.recount?.take(heads, upTo: page.next.isMax ? .max : page.next.object)
        while let object = pg.recount?.next() {
          let loaded = await pg.load(object)
          guard number == pg.recounts else { return }
          // It was found to be damaged; once it is mended, all begins anew.
          guard pg.peering.missing.isEmpty else { return pg.recount = nil }
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
    guard peering.missing.isEmpty else { return }
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
