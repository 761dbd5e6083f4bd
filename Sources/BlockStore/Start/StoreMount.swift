import Base
import Devices
import ObjectStores
import Reactors

/// Makes a mounted store of what a device holds. Runs on the first reactor.
struct StoreMount {
  let media: any StoreMedia
  let options: BlockStoreOptions
  let log: Log?
  let perf: PerfRegistry?
  let failure: StoreFailure
  let reactors: [Reactor]

  func run() async throws -> MountedStore {
    var devices: [any BlockDevice] = []
    for reactor in reactors { devices.append(try await device(for: reactor)) }
    let access = DeviceAccess(device: devices[0])
    let superblock = try await access.readSuperblock()
    let spaceMap = SpaceMap(superblock)
    let space = IndexSpace(superblock, spaceMap)
    let (keyValue, runner) = try media.openIndex(space)
    let index = Index(keyValue, runner: runner)
    let start = StoreStart(
      access: access, index: index, reactor: reactors[0], options: options, log: log)
    let logCount = logCount(superblock)
    do {
      var found = try await start.find(superblock, spaceMap)
      space.becomeKnown()
      try await start.beginIncarnation(&found)
      if found.mapsAreForeign || logCount != found.superblock.logs.count {
        try await start.redeal(&found, count: logCount)
      }
      return assemble(found, index, devices)
    } catch {
      space.close()
      media.close(keyValue, runner)
      throw error
    }
  }

  private func logCount(_ superblock: Superblock) -> Int {
    guard let wanted = options.logCount else { return superblock.logs.count }
    return min(
      wanted > 0 ? wanted : reactors.count, Int(superblock.partitionCount), Limits.logsMax)
  }

  private func device(for reactor: Reactor) async throws -> any BlockDevice {
    if reactor === reactors[0] { return try media.device(for: reactor) }
    let media = media
    return try await BlockStore.run(on: reactor) { Result { try media.device(for: reactor) } }.get()
  }

  private func assemble(
    _ found: FoundStore, _ index: Index, _ devices: [any BlockDevice]
  ) -> MountedStore {
    let shared = StoreShared(partitionCount: found.partitions.count, spaceMap: found.spaceMap)
    let hosts = reactors.map { reactor in
      let counters = PerfCounters(name: "bluestore", StoreCounter.declarations)
      perf?.register(counters)
      return StoreHost(
        options: options, share: reactors.count, perf: counters, log: log, failure: failure,
        reactor: reactor)
    }
    let logs = found.superblock.logs.enumerated().map { number, place in
      let seat = number % reactors.count
      return CommitLog(
        place: place, superblock: found.superblock, head: found.logs[number].head,
        tail: found.logs[number].tail, reactor: reactors[seat], device: devices[seat],
        host: hosts[seat])
    }
    let partitions = found.partitions.map { state in
      let log = logs[state.index % logs.count]
      let partition = Partition(
        index: state.index, reactor: log.reactor, device: log.device, log: log, keyValue: index,
        host: log.host, shared: shared, state: state)
      log.add(partition)
      return partition
    }
    shared.wantMarks = { for log in logs { log.reactor.post { log.wantMark() } } }
    shared.learn(of: index)
    let store = MountedStore(
      superblock: found.superblock, index: index, logs: logs, hosts: hosts, partitions: partitions,
      shared: shared, failure: failure)
    for (id, number, bits) in found.collections {
      let partition = partitions[number]
      let collection = StoreCollection(id: id, partition: number, reactor: partition.reactor)
      collection.owner = partition
      collection.bits = bits
      collection.exists = true
      store.collections[id] = collection
      partition.collections[id] = collection
    }
    store.registerGauges(perf)
    return store
  }
}
