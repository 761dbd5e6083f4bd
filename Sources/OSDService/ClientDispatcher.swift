import Base
import Buffers
import ClusterMaps
import Messages
import Messaging
import Monitors
import PlacementGroups
import RadosTypes
import Synchronization
import Wire

/// Step 4 of an op's way: from the messenger's message to the shard of its PG, on the connection's
/// reactor, without the daemon in between. Also takes the commands of `ceph tell`.
///
/// Ceph: `OSD::ms_fast_dispatch`.
final class ClientDispatcher: Dispatcher, @unchecked Sendable {
  private let parts: OSD.Parts
  private let shards: OSDShards
  private let newest = Atomic<UInt32>(0)
  private let transport: MessengerTransport
  /// Set once before anybody can connect.
  weak var owner: OSD?

  /// What `transport` opened (to monitors and the manager) is its own affair, but for commands.
  init(_ parts: OSD.Parts, _ shards: OSDShards, _ transport: MessengerTransport) {
    self.parts = parts
    self.shards = shards
    self.transport = transport
  }

  /// The newest epoch that the shards were given.
  var epoch: UInt32 {
    get { newest.load(ordering: .relaxed) }
    set { newest.store(newValue, ordering: .relaxed) }
  }

  func connectionReady(_ connection: Connection) {
    if transport.connectionReady(connection) { return }
    switch connection.peerType {
    case .client, .osd, .metadata, .manager, .monitor:
      connection.session = Session(connection, log: parts.log)
    case .none, .auth, .any: connection.markDown()
    }
  }

  func dispatch(_ message: RawMessage, from connection: Connection) {
    if transport.dispatch(message, from: connection) { return }
    if message.type == .osdForceRecovery { return force(message, connection) }
    guard let session = Session.of(connection) else { return }
    do {
      switch message.type {
      case .osdOp: try dispatchOp(message, session, connection)
      case .command:
        command(try message.decode(MCommand.self), message.header.tid, session, connection)
      case .ping: connection.send(RawMessage(encoding: MPing()))
      case .osdMap: try take(message, from: connection)
      default:
        if connection.peerType == .osd { return dispatchPeer(message, connection) }
        parts.log.error(.ms, connection, "\(message.type) is nothing for this OSD: closing")
        connection.markDown()
      }
    } catch {
      parts.log.error(.ms, connection, "\(message.type) cannot be read: \(error): closing")
      connection.markDown()
    }
  }

  /// 4 of Docs/OpPath.md: whose map is older is settled, and which shard has the PG.
  private func dispatchOp(
    _ message: RawMessage, _ session: Session, _ connection: Connection
  ) throws {
    let op = ClientOp(
      try message.decode(), from: session, cost: message.byteCount,
      priority: UInt32(message.header.priority), at: connection.reactor.now,
      received: message.times)
    op.budget = message.budget
    let epoch = self.epoch
    session.knownEpoch = max(session.knownEpoch, op.request.epoch)
    if session.knownEpoch < epoch { share(upTo: epoch, session, connection) }
    shards.enqueue(op)
  }

  /// What another OSD says to PGs. A session stays whatever comes: with it would go all that is on its
  /// way for other PGs, and nobody sends that again.
  private func dispatchPeer(_ message: RawMessage, _ connection: Connection) {
    guard let osd = Int32(exactly: connection.peer.number) else { return connection.markDown() }
    let read: [PeerMessage]?
    do throws(DecodeError) {
      read = try PeerMessage.decode(message, from: osd)
    } catch {
      let type = message.type
      owner?.home.post { [owner] in owner?.cannotRead(type, error, over: connection, from: osd) }
      return
    }
    guard var said = read else {
      return parts.log.error(.ms, connection, "\(message.type) is nothing for this OSD")
    }
    var times = message.times
    times.dispatched = connection.reactor.now.nanoseconds
    for index in said.indices { said[index].times = times }
    for message in said {
      owner?.peers.heard(from: osd, with: message.epoch)
      shards.enqueue(message)
    }
  }

  /// Tells a client that is behind, before it can wonder about what its op comes to.
  private func share(upTo epoch: UInt32, _ session: Session, _ connection: Connection) {
    let from = session.knownEpoch + 1
    session.knownEpoch = epoch
    guard let owner else { return }
    owner.home.post { owner.shareMaps(from: from, to: epoch) { connection.post($0) } }
  }

  /// Other OSDs share what they have; clients that volunteer maps are not asked.
  private func take(_ message: RawMessage, from connection: Connection) throws {
    guard connection.peerType == .osd, let owner else { return }
    let maps = try message.decode(MOSDMap.self)
    owner.home.post { owner.queue(maps) }
  }

  /// `ceph pg force-recovery` and its kin, by way of the manager.
  private func force(_ message: RawMessage, _ connection: Connection) {
    guard connection.peerType == .manager || connection.peerType == .monitor,
      let order = try? message.decode(MOSDForceRecovery.self),
      order.fsid == parts.identity.cluster
    else { return parts.log.error(.ms, connection, "\(message.type) is not to be followed") }
    shards.force(
      order.pgs, recovery: order.options & 1 != 0, backfill: order.options & 2 != 0,
      order.options & 4 == 0)
  }

  private func command(
    _ message: MCommand, _ tid: UInt64, _ session: Session, _ connection: Connection
  ) {
    @Sendable func answer(_ result: CommandResult) {
      let reply = MCommandReply(
        result: result.code, status: result.status, data: BufferList(Array(result.output.utf8)))
      connection.post(RawMessage(encoding: reply, tid: tid))
    }
    guard session.allowsAll else { return answer(.failure(Errno.EACCES, "not allowed")) }
    guard let owner, let text = message.command.first else {
      return answer(.failure(Errno.EINVAL, "no command"))
    }
    owner.home.post {
      owner.home.spawn { answer(await owner.commands.execute(text)) }
    }
  }

  func connectionReset(_ connection: Connection) {
    if !transport.connectionReset(connection) { connection.session = nil }
  }

  func remoteReset(_ connection: Connection) {}

  func connectionRefused(_ connection: Connection) {
    guard connection.peerType == .osd, let owner else { return }
    let addresses = connection.peerAddresses
    owner.home.post { owner.heartbeats.refused(addresses) }
  }
}
