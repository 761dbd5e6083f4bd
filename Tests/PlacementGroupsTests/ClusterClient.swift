import Base
import Buffers
import ClusterMaps
import Messages
import ObjectStores
import Peering
import RadosTypes
import Reactors
import TestKit
import Testing
import Wire

@testable import PlacementGroups

/// A client that sends each op until it is answered, and again when the map sends it elsewhere, as
/// librados does.
final class ClusterClient: OpSource, @unchecked Sendable {
  let peer = EntityName(.client, 4127)
  let peerAddress = EntityAddress.none
  let features = Features.pacific
  let isOpen = true
  unowned var cluster: ClusterBench!
  private let reactor: Reactor
  private var tid: UInt64 = 0
  private var pending: [UInt64: Pending] = [:]
  private(set) var replies: [UInt64: MOSDOpReply] = [:]
  /// Reads that replicas answered, and that they left to their primaries.
  private(set) var replicaReplies = 0
  private(set) var replicaRefusals = 0
  private var map: OSDMap?
  /// The process of each OSD to which ops were sent last.
  private var sessions: [Int32: Int] = [:]

  private struct Pending {
    var request: MOSDOp
    var placement: PGPlacement
    var interval: UInt32
    /// Whom it was sent to: the primary, or any copy if the request says so.
    var target: Int32
    /// It went to any copy at first.
    var wasAnyones: Bool

    mutating func choose(_ random: inout SeededRandom) {
      let isAnyones = !request.flags.isDisjoint(with: .anyCopy)
      target =
        (isAnyones ? placement.acting.filter { $0 >= 0 }.randomElement(using: &random) : nil)
        ?? placement.actingPrimary
    }
  }

  init(_ reactor: Reactor) { self.reactor = reactor }

  var isIdle: Bool { pending.isEmpty }
  /// What is not answered, for people.
  var pendingText: String {
    pending.sorted { $0.key < $1.key }.map { tid, op in
      "\(tid): \(op.request.pgID) e\(op.request.epoch) to \(op.placement.acting)"
    }.joined(separator: ", ")
  }

  /// Sends an op on an object; returns its number.
  @discardableResult
  func send(
    _ name: ByteString, _ ops: [OSDOp], flags: RequestFlags = [.onDisk]
  ) -> UInt64 {
    let map = cluster.map
    self.map = map
    tid += 1
    let hash = ObjectHash.hash(name: name, key: "", namespace: "")
    let pool = map.pool(ClusterBench.pool)!
    var request = MOSDOp(
      pgID: ShardPGID(PGID(pool: ClusterBench.pool, seed: pool.seed(ofHash: hash))),
      object: HObject(pool: ClusterBench.pool, hash: hash, name: name), ops: ops,
      epoch: map.epoch, flags: flags, tid: tid)
    request.mtime = UTime(seconds: 100)
    let placement = map.placement(of: request.pgID.pgID)
    pending[tid] = Pending(
      request: request, placement: placement, interval: map.epoch, target: -1,
      wasAnyones: !flags.isDisjoint(with: .anyCopy))
    pending[tid]?.choose(&cluster.random)
    transmit(tid)
    return tid
  }

  /// A new map: what is now somebody else's, or of another interval, is sent again, in order.
  func follow() {
    let next = cluster.map
    let before = map ?? next
    map = next
    for tid in pending.keys.sorted() {
      guard var op = pending[tid], let pool = next.pool(ClusterBench.pool) else { continue }
      let pgID = PGID(pool: ClusterBench.pool, seed: pool.seed(ofHash: op.request.object.hash))
      let placement = next.placement(of: pgID)
      let isMoved = pgID != op.request.pgID.pgID
      guard
        isMoved
          || next.startsInterval(of: pgID, after: before, from: op.placement, to: placement)
      else { continue }
      op.placement = placement
      op.request.pgID = ShardPGID(pgID)
      op.request.epoch = next.epoch
      op.choose(&cluster.random)
      pending[tid] = op
      transmit(tid)
    }
  }

  private func transmit(_ tid: UInt64) {
    guard let op = pending[tid], op.target >= 0 else { return }
    let osd = cluster.osds[Int(op.target)]
    guard osd.isAlive else { return }
    guard sessions[osd.id] == osd.life else { return beginSession(with: osd) }
    let raw = RawMessage(encoding: op.request, tid: tid)
    guard let arrived = try? raw.decode(MOSDOp.self) else { fatalError("op does not decode") }
    osd.shards.enqueue(
      ClientOp(
        arrived, from: self, cost: raw.byteCount, priority: 63, at: cluster.world.clock.now))
  }

  /// A new process has forgotten what was sent to the one before: all is sent again, in order.
  private func beginSession(with osd: SimOSD) {
    sessions[osd.id] = osd.life
    for tid in pending.keys.sorted() where pending[tid]?.target == osd.id {
      transmit(tid)
    }
  }

  func reply(_ message: RawMessage) {
    guard let reply = try? message.decode(MOSDOpReply.self) else {
      fatalError("a reply does not decode")
    }
    let tid = message.header.tid
    guard var op = pending.removeValue(forKey: tid) else { return }
    if reply.result == -11, op.wasAnyones {
      // A replica leaves it to the primary. It may have been sent to more than one, which all say so.
      replicaRefusals += 1
      let isFirst = !op.request.flags.isDisjoint(with: .anyCopy)
      op.request.flags.subtract(.anyCopy)
      if isFirst { op.choose(&cluster.random) }
      pending[tid] = op
      return isFirst ? transmit(tid) : ()
    }
    if op.target != op.placement.actingPrimary { replicaReplies += 1 }
    replies[tid] = reply
  }

  var allowsAll: Bool { true }
  func allows(_ request: CapabilityRequest) -> Bool { true }

  /// Asks and waits; nil if there is no answer within a minute.
  func ask(_ name: ByteString, _ ops: OSDOp...) -> MOSDOpReply? {
    let tid = send(name, ops)
    guard cluster.run(for: .seconds(60), until: { self.replies[tid] != nil }) else { return nil }
    return replies[tid]
  }
}

extension RequestFlags {
  /// Of reads that need not go to the primary.
  static let anyCopy: RequestFlags = [.balanceReads, .localizeReads]
}
