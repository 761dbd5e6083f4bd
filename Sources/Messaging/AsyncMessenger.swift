import Auth
import Base
import Buffers
import Glibc
import Messages
import RadosTypes
import Reactors

/// Sends and receives messages for one purpose (public, cluster, heartbeats ...): listens, connects,
/// and knows the connections of those peers that have a session.
///
/// A peer's session lives on the reactor that the hash of its address names, on both sides' sockets;
/// lossy connections live where they were made, or with the reactor that has the fewest.
package final class AsyncMessenger: @unchecked Sendable {
  package let authenticator: any Authenticator
  package let dispatcher: any Dispatcher
  package let log: Log
  let workers: [Worker]
  private let policies: [EntityType: Policy]
  private let defaultPolicy: Policy

  let lock = Lock()
  // Guarded by `lock`.
  private var myName: EntityName
  var myAddresses = EntityAddresses()
  var myNonce: UInt32
  private var globalSequence: UInt64 = 0
  private var peers: [EntityAddress: Connection] = [:]
  /// Confined to the first reactor.
  var listeners: [any Listener] = []

  /// `nonce` tells this process from others that had its address before; daemons take their pid.
  package init(
    name: EntityName, nonce: UInt32, reactors: [Reactor], authenticator: any Authenticator,
    dispatcher: any Dispatcher, defaultPolicy: Policy, policies: [EntityType: Policy] = [:],
    log: Log, perf: PerfRegistry? = nil, faults: NetworkFaults = .none
  ) {
    precondition(!reactors.isEmpty, "a messenger without reactors")
    myName = name
    myNonce = nonce
    self.authenticator = authenticator
    self.dispatcher = dispatcher
    self.defaultPolicy = defaultPolicy
    self.policies = policies
    self.log = log
    workers = reactors.map { Worker(reactor: $0, faults: faults) }
    for worker in workers { perf?.register(worker.perf) }
  }

  /// From now on. Messages of connections that stand are kept back only if some were before.
  package func setFaults(_ faults: NetworkFaults) {
    for worker in workers { worker.reactor.post { worker.faults = faults } }
  }

  // MARK: Who this is

  package var name: EntityName {
    get { lock.withLock { myName } }
    set { lock.withLock { myName = newValue } }
  }

  package var nonce: UInt32 { lock.withLock { myNonce } }

  /// Where this messenger listens; empty without `bind`. A blank IP is filled in as soon as a peer says
  /// how it sees this side.
  package var addresses: EntityAddresses {
    get { lock.withLock { myAddresses } }
    set { lock.withLock { myAddresses = newValue } }
  }

  /// What IDENT says: without a listener an address of no protocol, known by its nonce.
  var identAddresses: EntityAddresses {
    let known = addresses
    guard known.isEmpty else { return known }
    return EntityAddresses(
      lock.withLock { learnedIP ?? EntityAddress(kind: .any, nonce: myNonce) })
  }
  var learnedIP: EntityAddress?

  /// A peer's HELLO says how it sees this side; a blank IP is filled in.
  package func learn(_ seen: EntityAddress) {
    guard !seen.isBlankIP else { return }
    lock.withLock {
      for index in myAddresses.addresses.indices where myAddresses.addresses[index].isBlankIP {
        myAddresses.addresses[index].setIP(seen.ip)
      }
      guard learnedIP == nil else { return }
      var address = EntityAddress(kind: .any, nonce: myNonce)
      address.setIP(seen.ip)
      learnedIP = address
    }
  }

  /// What IDENT gives as a number: a daemon's own, else what authentication gave.
  func gid(globalID: UInt64) -> Int64 {
    let name = name
    return name.type == .client && globalID != 0 ? Int64(bitPattern: globalID) : name.number
  }

  func policy(for type: EntityType) -> Policy { policies[type] ?? defaultPolicy }

  func nextGlobalSequence(above floor: UInt64 = 0) -> UInt64 {
    lock.withLock {
      globalSequence = max(globalSequence, floor) &+ 1
      return globalSequence
    }
  }

  // MARK: Listening

  /// Listens at `address` (a port of 0 is replaced) on the first free port of `ports`; returns what is
  /// then in `addresses`. Any thread but that of another reactor.
  @discardableResult
  package func bind(
    _ address: EntityAddress, ports: ClosedRange<UInt16>
  ) throws(SystemError)
    -> EntityAddresses
  {
    let first = workers[0].reactor
    if first.isCurrent { return try listen(address, ports) }
    let done = Rendezvous<Result<EntityAddresses, SystemError>>()
    first.post { [self] in
      do throws(SystemError) { done.put(.success(try listen(address, ports))) } catch {
        done.put(.failure(error))
      }
    }
    return try done.take().get()
  }

  @discardableResult
  func listen(
    _ address: EntityAddress, _ ports: some Sequence<UInt16>
  ) throws(SystemError)
    -> EntityAddresses
  {
    guard let wanted = address.socketAddress else {
      throw SystemError(EADDRNOTAVAIL, "bind to \(address)")
    }
    for port in ports {
      do throws(SystemError) {
        return try listen(at: wanted.with(port: port))
      } catch {
        guard error.errno == EADDRINUSE else { throw error }
      }
    }
    throw SystemError(EADDRINUSE, "bind to \(address.ipText), no port is free")
  }

  private func listen(at address: SocketAddress) throws(SystemError) -> EntityAddresses {
    let listener = try workers[0].reactor.driver.listen(at: address) { [weak self] socket in
      self?.accept(socket)
    }
    listeners.append(listener)
    return lock.withLock {
      let bound = EntityAddress(listener.localAddress, kind: .v2, nonce: myNonce)
      myAddresses.addresses.append(bound)
      return myAddresses
    }
  }

  private func accept(_ socket: any StreamSocket) {
    let worker = place()
    guard worker !== workers[0] else { return Acceptor(self, socket, worker).start() }
    let detached = socket.detach(unread: BufferList())
    worker.reactor.post { [self] in
      Acceptor(self, worker.reactor.driver.adopt(detached), worker).start()
    }
  }

  // MARK: Connecting

  /// The connection to a peer: that of a lossless peer if there is one, else a new one, which begins
  /// to connect after the caller's present work. Any thread.
  package func connect(to addresses: EntityAddresses, peer: EntityType) -> Connection {
    let policy = policy(for: peer)
    let made = lock.withLock { () -> (Connection, isNew: Bool) in
      if !policy.lossy, let existing = peers[addresses.key] { return (existing, false) }
      let worker = policy.lossy ? current ?? leastLoaded : home(of: addresses)
      worker.load += 1
      let connection = Connection(
        messenger: self, worker: worker, peerType: peer, addresses: addresses,
        target: addresses.key, policy: policy)
      if !policy.lossy { peers[addresses.key] = connection }
      return (connection, true)
    }
    if made.isNew { begin(made.0) }
    return made.0
  }

  private func begin(_ connection: Connection) {
    connection.reactor.post {
      guard connection.isOpen else { return }
      connection.worker.add(connection)
      if connection.link == nil, connection.state == .connecting { connection.connect() }
    }
  }

  // MARK: The table

  func peerConnection(_ addresses: EntityAddresses) -> Connection? {
    lock.withLock { peers[addresses.key] }
  }

  /// A connection that was accepted; its place was counted already.
  func adopt(_ connection: Connection, isRegistered: Bool) {
    connection.worker.add(connection)
    guard isRegistered else { return }
    lock.withLock { peers[connection.tableKey] = connection }
  }

  func forget(_ connection: Connection) {
    connection.worker.remove(connection)
    unregister(connection)
    lock.withLock { connection.worker.load -= 1 }
  }

  func unregister(_ connection: Connection) {
    lock.withLock {
      if peers[connection.tableKey] === connection { peers[connection.tableKey] = nil }
    }
  }

  // MARK: Places

  func home(of addresses: EntityAddresses) -> Worker {
    let key = addresses.key
    var mixed = UInt64(key.nonce) << 32 | UInt64(key.port)
    for byte in key.ip { mixed = mixed &* 31 &+ UInt64(byte) }
    mixed = (mixed ^ mixed >> 29) &* 0x9e37_79b9_7f4a_7c15
    return workers[Int((mixed >> 32) % UInt64(workers.count))]
  }

  private var current: Worker? { workers.first { $0.reactor.isCurrent } }

  private var leastLoaded: Worker { workers.min { $0.load < $1.load } ?? workers[0] }

  private func place() -> Worker {
    lock.withLock {
      let worker = leastLoaded
      worker.load += 1
      return worker
    }
  }

  func unplace(_ worker: Worker) { lock.withLock { worker.load -= 1 } }

  func move(from: Worker, to: Worker) {
    lock.withLock {
      from.load -= 1
      to.load += 1
    }
  }

  // MARK: End

  /// Stops listening and closes every connection; the dispatcher is not told. Any thread; done when
  /// the reactors have come round.
  package func shutdown() {
    for worker in workers {
      worker.reactor.post { [self] in
        if worker === workers[0] {
          for listener in listeners { listener.close() }
          listeners = []
        }
        worker.shutDown()
      }
    }
  }
}

/// A value that one thread waits for and another brings.
private final class Rendezvous<Value>: @unchecked Sendable {
  private let lock = Lock()
  private let condition = Condition()
  private var value: Value?

  func put(_ value: Value) {
    lock.withLock { self.value = value }
    condition.signal()
  }

  func take() -> Value {
    lock.withLock {
      while true {
        if let value { return value }
        condition.wait(lock)
      }
    }
  }
}
