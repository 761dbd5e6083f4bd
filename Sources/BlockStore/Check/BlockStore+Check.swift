import Base
import ObjectStores

extension BlockStore {
  /// Checks every reference, free block and count of a mounted store at rest; `deep`: every block's
  /// checksum too.
  package func check(deep: Bool) async throws(StoreError) -> CheckReport {
    let store = current("check")
    await Self.rest(store, true)
    let report = await Self.checkAll(store, deep: deep)
    await Self.rest(store, false)
    return try report.get()
  }

  /// Nothing may move between one walk and the next.
  private static func rest(_ store: MountedStore, _ isResting: Bool) async {
    for partition in store.partitions {
      await run(on: partition.reactor) {
        await partition.allApplied()
        partition.isResting = isResting
      }
    }
  }

  private static func checkAll(
    _ store: MountedStore, deep: Bool
  ) async -> Result<CheckReport, StoreError> {
    var report = CheckReport()
    let owned = TakenUnits(space: store.shared.spaceMap, seat: 0, of: 1)
    for partition in store.partitions {
      let result = await run(on: partition.reactor) {
        () async -> Result<CheckReport, StoreError> in
        let run = StoreCheck(partition, owned)
        do throws(StoreError) {
          return .success(try await run.run(deep: deep))
        } catch {
          return .failure(error)
        }
      }
      guard case .success(let part) = result else { return result }
      report.merge(part)
    }
    checkMaps(store, &report)
    return .success(report)
  }

  /// What the logs' maps have is what objects have, and what is free in the device's map is what neither has;
  /// right when the store is at rest.
  private static func checkMaps(_ store: MountedStore, _ report: inout CheckReport) {
    let map = store.shared.spaceMap
    let counts = map.now
    let units = (map.regionCount - counts.indexRegions) * map.regionUnits
    if store.usedUnits != report.units {
      report.add("\(store.usedUnits) units are taken, \(report.units) have owners")
    }
    let taken = store.partitions.reduce(store.usedUnits) { $0 + $1.space.pendingUnits }
    if counts.freeUnits != units - taken {
      report.add("\(counts.freeUnits) units are free, but \(taken) of \(units) taken")
    }
  }
}
