import Base
import ClusterMaps
import RadosTypes
import Testing

@testable import OSDService

/// Who is pinged.
@Suite struct HeartbeatChoiceTests {
  private func chosen(
    _ map: OSDMap, whoami: Int32 = 0, pgPeers: Set<Int32> = [], seed: UInt64 = 1,
    _ change: (inout HeartbeatPeers.Settings) -> Void = { _ in }
  ) -> [Int32] {
    var peers = HeartbeatPeers(whoami: whoami)
    change(&peers.settings)
    var random = SeededRandom(seed: seed)
    _ = peers.choose(from: map, pgPeers: pgPeers, at: HeartbeatTime.at(0), using: &random)
    return peers.ids
  }

  @Test func `with few OSDs everybody who is up is a peer, but not oneself`() {
    let map = HeartbeatMaps(count: 6, down: [3]).map
    #expect(chosen(map, whoami: 2) == [0, 1, 4, 5])
    #expect(chosen(HeartbeatMaps(count: 1).map).isEmpty)
    #expect(chosen(HeartbeatMaps(count: 3, down: [1, 2]).map).isEmpty)
  }

  @Test func `neighbours by number are found past those that are down, and around the end`() {
    let map = HeartbeatMaps(count: 8, down: [0, 7, 3]).map
    #expect(map.nextUpOSD(after: 6) == 1 && map.previousUpOSD(before: 1) == 6)
    #expect(map.nextUpOSD(after: 2) == 4 && map.previousUpOSD(before: 4) == 2)
    #expect(
      chosen(map, whoami: 1) {
        $0.peersMin = 0; $0.reportersMin = 0
      } == [2, 6])
    let alone = HeartbeatMaps(count: 4, down: [0, 1, 3]).map
    #expect(alone.nextUpOSD(after: 2) == nil && alone.previousUpOSD(before: 2) == nil)
    #expect(alone.nextUpOSD(after: 9) == 2)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `the others come from other hosts, one of each`(seed: UInt64) {
    let map = HeartbeatMaps(count: 60, perHost: 5).map
    let peers = chosen(map, whoami: 12, seed: seed) { $0.peersMin = 6 }
    #expect(peers.contains(11) && peers.contains(13))
    let others = peers.filter { $0 != 11 && $0 != 13 }
    #expect(others.count == 6)
    #expect(Set(others.map { $0 / 5 }).count == 6 && !others.contains { $0 / 5 == 2 })
  }

  @Test func `an unknown or the lowest level chooses nobody by the tree`() {
    let map = HeartbeatMaps(count: 60, perHost: 5).map
    for level in ["osd", "nonsense"] {
      let peers = chosen(map, whoami: 12) {
        $0.peersMin = 4; $0.reporterLevel = level
      }
      #expect(peers == [11, 13, 14, 15])
    }
  }

  @Test func `every OSD of a PG is a peer, however many there are`() {
    let map = HeartbeatMaps(count: 60, perHost: 5, down: [20]).map
    let ofPGs = Set<Int32>((18..<45).map { $0 })
    let peers = chosen(map, whoami: 0, pgPeers: ofPGs)
    #expect(Set(peers).isSuperset(of: ofPGs.subtracting([20])) && !peers.contains(20))
  }

  @Test func `who is a peer for no reason any more is dropped when there are enough`() {
    var peers = HeartbeatPeers(whoami: 0)
    peers.settings.peersMin = 4
    peers.settings.reporterLevel = "osd"
    var random = SeededRandom(seed: 1)
    var maps = HeartbeatMaps(count: 30)
    _ = peers.choose(
      from: maps.map, pgPeers: [10, 11, 12, 13], at: HeartbeatTime.at(0), using: &random)
    #expect(peers.ids == [1, 10, 11, 12, 13, 29])
    maps.epoch += 1
    _ = peers.choose(from: maps.map, pgPeers: [12], at: HeartbeatTime.at(1), using: &random)
    #expect(peers.ids.count == 4 && Set(peers.ids).isSuperset(of: [1, 12, 29]))
  }

  @Test func `a peer that booted anew is begun with anew`() {
    var peers = HeartbeatPeers(whoami: 0)
    var random = SeededRandom(seed: 1)
    var maps = HeartbeatMaps(count: 2)
    _ = peers.choose(from: maps.map, pgPeers: [], at: HeartbeatTime.at(0), using: &random)
    peers.ping(at: HeartbeatTime.at(1))
    #expect(peers.peers[1]?.pingsAwaited == 1)
    maps.upFrom[1] = 11
    maps.epoch = 11
    peers.mapChanged(maps.map)
    #expect(peers.isEmpty)
    _ = peers.choose(from: maps.map, pgPeers: [], at: HeartbeatTime.at(2), using: &random)
    #expect(peers.peers[1]?.upFrom == 11 && peers.peers[1]?.pingsAwaited == 0)
  }
}

/// Seconds from a beginning, on both clocks.
enum HeartbeatTime {
  static func at(_ seconds: Double) -> PingTime {
    PingTime(
      steady: Instant(nanoseconds: UInt64(1000e9 + seconds * 1e9)),
      wall: UTime(wallNanoseconds: UInt64(1_700_000_000e9 + seconds * 1e9)))
  }
}
