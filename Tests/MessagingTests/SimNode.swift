import Auth
import Base
import Buffers
import Messages
import RadosTypes
import Reactors
import TestKit
import Wire

@testable import Messaging

/// A messenger in a simulated world, and what it was told.
final class SimNode: Dispatcher, @unchecked Sendable {
  let world: SimWorld
  let reactors: [Reactor]
  let name: EntityName
  let log: Log
  private(set) var messenger: AsyncMessenger!
  var received: [(from: EntityName, RawMessage)] = []
  var ready: [Connection] = []
  var resets: [Connection] = []
  var remoteResets = 0
  var refusals = 0
  /// Answers every message with another that has the same tid.
  var echoes = false
  var onDispatch: ((RawMessage, Connection) -> Void)?

  init(
    _ world: SimWorld, _ name: EntityName, reactors count: Int = 2, nonce: UInt32,
    authenticator: TestAuthenticator = TestAuthenticator(), policy: Policy,
    policies: [EntityType: Policy] = [:], binds port: UInt16? = nil, logLevel: Int8 = -2,
    faults: NetworkFaults = .none
  ) throws {
    self.world = world
    self.name = name
    log = Log(clock: world.clock, level: logLevel)
    let log = log
    reactors = (0..<count).map { _ in world.makeReactor(log: log) }
    messenger = AsyncMessenger(
      name: name, nonce: nonce, reactors: reactors, authenticator: authenticator, dispatcher: self,
      defaultPolicy: policy, policies: policies, log: log,
      faults: faults)
    guard let port else { return }
    var failure: (any Error)?
    var isDone = false
    run {
      do {
        try self.messenger.bind(EntityAddress("v2:127.0.0.1:0/0")!, ports: port...port)
      } catch { failure = error }
      isDone = true
    }
    world.run { isDone }
    if let failure { throw failure }
  }

  var addresses: EntityAddresses { messenger.addresses }

  /// On the first reactor.
  func run(_ body: @escaping () -> Void) {
    nonisolated(unsafe) let body = body
    reactors[0].post { body() }
  }

  func connectionReady(_ connection: Connection) { ready.append(connection) }

  func dispatch(_ message: RawMessage, from connection: Connection) {
    precondition(connection.reactor.isCurrent)
    received.append((connection.peer, message))
    onDispatch?(message, connection)
    guard echoes else { return }
    var answer = message
    answer.budget = nil
    connection.send(answer)
  }

  func connectionReset(_ connection: Connection) { resets.append(connection) }
  func remoteReset(_ connection: Connection) { remoteResets += 1 }
  func connectionRefused(_ connection: Connection) { refusals += 1 }

  var tids: [UInt64] { received.map(\.1.header.tid) }
}

func message(_ tid: UInt64, dataBytes: Int = 0) -> RawMessage {
  RawMessage(
    header: MessageHeader(type: .ping, tid: tid), front: ByteSlice("tid \(tid)".utf8),
    data: BufferList(pattern.sub(Int(tid % 256), dataBytes)))
}

private let pattern = ByteSlice((0..<65_536).map { UInt8(truncatingIfNeeded: $0) })
