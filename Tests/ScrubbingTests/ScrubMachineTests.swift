import RadosTypes
import Scrubbing
import Testing

/// The course of a scrub, without a PG.
@Suite struct ScrubMachineTests {
  static let replicas = [PGShard(osd: 1), PGShard(osd: 2)]
  static let first = HObject(pool: 2, hash: 0, name: "", snap: .zero)
  static let middle = HObject(pool: 2, hash: 1, name: "m", snap: .zero)
  static let inside = HObject(pool: 2, hash: 0, name: "a")

  var machine = ScrubMachine(preemptionsMax: 2)

  init() {}

  private mutating func activate() {
    _ = machine.handle(.start(at: Self.first, replicas: Self.replicas, reserves: false))
  }

  /// Up to where the maps are asked for.
  private mutating func gather(end: HObject) -> [ScrubMachine.Action] {
    _ = machine.handle(.timer)
    _ = machine.handle(.chosen(end: end, newest: EVersion(epoch: 1, version: 7)))
    _ = machine.handle(.noPushes)
    return machine.handle(.committed(EVersion(epoch: 1, version: 7)))
  }

  private mutating func takeMaps() -> [ScrubMachine.Action] {
    _ = machine.handle(.built)
    _ = machine.handle(.arrived(Self.replicas[0], isPreempted: false))
    return machine.handle(.arrived(Self.replicas[1], isPreempted: false))
  }

  @Test mutating func `it begins when all replicas have a place`() {
    let asked = machine.handle(
      .start(at: Self.first, replicas: Self.replicas, reserves: true))
    #expect(asked == [.askForPlaces(Self.replicas)])
    #expect(machine.isReserving && !machine.isActive)
    #expect(machine.handle(.granted(Self.replicas[0])) == [])
    #expect(machine.handle(.granted(Self.replicas[1])) == [.begin, .sleep])
    #expect(machine.isActive)
  }

  @Test mutating func `a refusal takes all requests back, and a late grant goes back too`() {
    _ = machine.handle(.start(at: Self.first, replicas: Self.replicas, reserves: true))
    _ = machine.handle(.granted(Self.replicas[0]))
    #expect(machine.handle(.refused(Self.replicas[1])) == [.giveBack([Self.replicas[0]]), .giveUp])
    #expect(machine.stage == .notActive)
    #expect(machine.handle(.granted(Self.replicas[1])) == [.giveBack([Self.replicas[1]])])
  }

  @Test mutating func `alone it needs no places`() {
    let actions = machine.handle(.start(at: Self.first, replicas: [], reserves: true))
    #expect(actions == [.begin, .sleep])
  }

  @Test mutating func `chunk follows chunk, and the last one ends it`() {
    activate()
    #expect(
      gather(end: Self.middle) == [
        .askForMaps(Self.replicas, from: Self.first, to: Self.middle, isPreemptable: true),
        .build(from: Self.first, to: Self.middle),
      ])
    #expect(takeMaps() == [.compare])
    #expect(machine.handle(.compared(updates: 0)) == [.letWritersGo, .sleep])
    #expect(machine.isPast(Self.inside))
    _ = gather(end: .max)
    #expect(takeMaps() == [.compare])
    #expect(machine.handle(.compared(updates: 0)) == [.letWritersGo, .finish])
    #expect(machine.stage == .notActive)
  }

  @Test mutating func `nothing is read before it is durable everywhere`() {
    activate()
    _ = machine.handle(.timer)
    _ = machine.handle(.chosen(end: .max, newest: EVersion(epoch: 1, version: 7)))
    #expect(machine.handle(.noPushes) == [.awaitCommit(EVersion(epoch: 1, version: 7))])
    #expect(machine.handle(.committed(EVersion(epoch: 1, version: 6))) == [])
    #expect(machine.stage == .waitLastUpdate)
  }

  @Test mutating func `a range that is written waits until it is not`() {
    activate()
    _ = machine.handle(.timer)
    #expect(machine.handle(.busy) == [])
    #expect(machine.handle(.unblocked) == [.choose(from: Self.first, divisor: 1)])
  }

  @Test mutating func `writes interrupt a chunk a few times, each smaller, and wait then`() {
    activate()
    for divisor in [1, 2] {
      #expect(machine.handle(.timer) == [.choose(from: Self.first, divisor: divisor)])
      _ = machine.handle(.chosen(end: .max, newest: .zero))
      _ = machine.handle(.noPushes)
      _ = machine.handle(.committed(.zero))
      let isBlocked1 = machine.blocks(Self.inside)
      #expect(!isBlocked1)
      // Another write finds the range free already.
      let isBlocked2 = machine.blocks(Self.inside)
      #expect(!isBlocked2)
      _ = machine.handle(.built)
      #expect(machine.stage == .drainMaps)
      _ = machine.handle(.arrived(Self.replicas[0], isPreempted: true))
      let actions = machine.handle(.arrived(Self.replicas[1], isPreempted: false))
      #expect(actions == [.letWritersGo, .sleep])
    }
    #expect(machine.handle(.timer) == [.choose(from: Self.first, divisor: 4)])
    _ = machine.handle(.chosen(end: .max, newest: .zero))
    let isBlocked3 = machine.blocks(Self.inside)
    #expect(isBlocked3)
  }

  @Test mutating func `a replica's preemption counts like an own one`() {
    activate()
    _ = gather(end: .max)
    _ = machine.handle(.built)
    _ = machine.handle(.arrived(Self.replicas[0], isPreempted: true))
    let actions = machine.handle(.arrived(Self.replicas[1], isPreempted: false))
    #expect(actions == [.letWritersGo, .sleep])
  }

  @Test mutating func `once all maps are here, writes wait`() {
    activate()
    _ = gather(end: .max)
    _ = takeMaps()
    let isBlocked4 = machine.blocks(Self.inside)
    #expect(isBlocked4)
    #expect(machine.handle(.compared(updates: 2)) == [.update, .letWritersGo])
    let isBlocked5 = machine.blocks(Self.inside)
    #expect(!isBlocked5)
    #expect(machine.handle(.updated) == [])
    #expect(machine.handle(.updated) == [.finish])
  }

  @Test mutating func `a reset gives all back, at any stage`() {
    _ = machine.handle(.start(at: Self.first, replicas: Self.replicas, reserves: true))
    for replica in Self.replicas { _ = machine.handle(.granted(replica)) }
    _ = gather(end: .max)
    #expect(machine.handle(.reset) == [.giveBack(Self.replicas), .clear])
    #expect(machine.handle(.built) == [])
    #expect(machine.handle(.arrived(Self.replicas[0], isPreempted: false)) == [])
    #expect(machine.stage == .notActive)
  }
}
