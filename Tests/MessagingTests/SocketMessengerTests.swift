import Base
import Buffers
import Glibc
import Messages
import RadosTypes
import Reactors
import Testing

@testable import Messaging

/// Two messengers on the kernel's sockets, several reactors each.
@Suite(.serialized)
struct SocketMessengerTests {
  private final class Side: Dispatcher, @unchecked Sendable {
    let messenger: AsyncMessenger
    let reactors: [Reactor]
    let echoes: Bool
    private let lock = Lock()
    private var received: [RawMessage] = []
    private var resetCount = 0

    init(
      _ number: Int64, _ kind: EventDriverKind, secure: Bool, policy: Policy,
      ports: ClosedRange<UInt16>?,
      echoes: Bool
    ) throws {
      let clock = SystemClock()
      let log = Log(clock: clock, level: 0)
      self.echoes = echoes
      reactors = try (0..<3).map {
        Reactor(index: $0, driver: try kind.makeDriver(), clock: clock, log: log)
      }
      let relay = Relay()
      messenger = AsyncMessenger(
        name: EntityName(.osd, number), nonce: UInt32(getpid()) + UInt32(number),
        reactors: reactors,
        authenticator: secure ? TestAuthenticator.secure() : TestAuthenticator(), dispatcher: relay,
        defaultPolicy: policy, log: log)
      relay.side = self
      for reactor in reactors { try reactor.start() }
      if let ports { try messenger.bind(EntityAddress("v2:127.0.0.1:0/0")!, ports: ports) }
    }

    var messages: [RawMessage] { lock.withLock { received } }
    var resets: Int { lock.withLock { resetCount } }

    func wait(_ count: Int) -> Bool {
      for _ in 0..<12_000 {
        if lock.withLock({ received.count >= count }) { return true }
        usleep(10_000)
      }
      return false
    }

    func waitForReset(_ count: Int) -> Bool {
      for _ in 0..<12_000 {
        if resets >= count { return true }
        usleep(10_000)
      }
      return false
    }

    func stop() {
      messenger.shutdown()
      for reactor in reactors {
        reactor.stop()
        reactor.join()
      }
    }

    func connectionReady(_ connection: Connection) {}
    func dispatch(_ message: RawMessage, from connection: Connection) {
      precondition(connection.reactor.isCurrent)
      if echoes { connection.send(message) }
      lock.withLock { received.append(message) }
    }
    func connectionReset(_ connection: Connection) { lock.withLock { resetCount += 1 } }
    func remoteReset(_ connection: Connection) {}
    func connectionRefused(_ connection: Connection) {}
  }

  /// The messenger wants its dispatcher before the side that owns both is whole.
  private final class Relay: Dispatcher, @unchecked Sendable {
    weak var side: Side?
    func connectionReady(_ connection: Connection) { side?.connectionReady(connection) }
    func dispatch(_ message: RawMessage, from connection: Connection) {
      side?.dispatch(message, from: connection)
    }
    func connectionReset(_ connection: Connection) { side?.connectionReset(connection) }
    func remoteReset(_ connection: Connection) {}
    func connectionRefused(_ connection: Connection) {}
  }

  static let ports: ClosedRange<UInt16> = 28_400...28_499
  private static let sizes = [
    0, 1, 100, 4095, 4096, 4097, 65_536, 300_000, 4 << 20, (10 << 20) + 5,
  ]

  private func data(_ count: Int) -> BufferList {
    let slice = ByteSlice(zeros: count)
    for at in stride(from: 0, to: count, by: 97) {
      slice.slab.base.storeBytes(
        of: UInt8(truncatingIfNeeded: at), toByteOffset: at, as: UInt8.self)
    }
    return BufferList(slice)
  }

  @Test(arguments: [EventDriverKind.uring, .epoll], [false, true])
  func `messages of every size come back as they went`(kind: EventDriverKind, secure: Bool) throws {
    for lossless in [false, true] {
      let server = try Side(
        0, kind, secure: secure, policy: lossless ? .losslessPeer : .statelessRegisteredServer(),
        ports: Self.ports, echoes: true)
      let client = try Side(
        1, kind, secure: secure, policy: lossless ? .losslessPeer : .lossyClient,
        ports: lossless ? Self.ports : nil, echoes: false)
      defer {
        client.stop()
        server.stop()
      }
      let connection = client.messenger.connect(to: server.messenger.addresses, peer: .osd)
      let all = Self.sizes + Self.sizes.reversed()
      for (index, size) in all.enumerated() {
        connection.post(
          RawMessage(
            header: MessageHeader(type: .ping, tid: UInt64(index)),
            front: ByteSlice(zeros: size % 5000),
            data: data(size)))
      }
      try #require(client.wait(all.count))
      for (index, message) in client.messages.enumerated() {
        #expect(message.header.tid == UInt64(index) && message.data == data(all[index]))
        #expect(message.front.count == all[index] % 5000)
        for slice in message.data.slices where message.data.count >= 4096 {
          #expect(Int(bitPattern: slice.start) % 4096 == 0)
        }
      }
    }
  }

  /// Sockets are accepted on one reactor, handed to the peer's, cut, and made anew from both sides.
  @Test(arguments: [EventDriverKind.uring, .epoll])
  func `a lossless session outlives its sockets`(kind: EventDriverKind) throws {
    let sides = try (0..<2).map {
      try Side(
        Int64($0), kind, secure: $0 == 9, policy: .losslessPeer, ports: Self.ports, echoes: false)
    }
    defer { for side in sides { side.stop() } }
    let connections = [
      sides[0].messenger.connect(to: sides[1].messenger.addresses, peer: .osd),
      sides[1].messenger.connect(to: sides[0].messenger.addresses, peer: .osd),
    ]
    for tid in 1...3000 {
      for connection in connections { connection.post(message(UInt64(tid), dataBytes: tid % 6000)) }
      guard tid % 100 == 0 else { continue }
      usleep(2000)
      let cut = connections[tid / 100 % 2]
      cut.reactor.post { cut.link?.fail(.socket(nil)) }
    }
    for side in sides {
      #expect(side.wait(3000))
      #expect(side.messages.map(\.header.tid) == Array(1...3000))
      #expect(side.resets == 0)
    }
  }

  @Test func `ports that are taken are passed over, and when all are taken it is an error`() throws
  {
    let first = try Side(
      0, .epoll, secure: false, policy: .losslessPeer, ports: 28_390...28_390, echoes: false)
    defer { first.stop() }
    let second = try Side(
      1, .epoll, secure: false, policy: .losslessPeer, ports: 28_390...28_391, echoes: false)
    defer { second.stop() }
    #expect(first.messenger.addresses.first?.port == 28_390)
    #expect(second.messenger.addresses.first?.port == 28_391)
    #expect(second.messenger.addresses.first?.nonce == UInt32(getpid()) + 1)
    #expect(throws: SystemError.self) {
      try second.messenger.bind(EntityAddress("v2:127.0.0.1:0/0")!, ports: 28_390...28_391)
    }
  }

  @Test func `after binding anew it is another, and whoever knew the old one finds nobody`()
    async throws
  {
    let server = try Side(
      0, .epoll, secure: false, policy: .statelessServer(), ports: Self.ports, echoes: false)
    let client = try Side(
      1, .epoll, secure: false, policy: .lossyClient, ports: nil, echoes: false)
    defer {
      client.stop()
      server.stop()
    }
    let old = server.messenger.addresses
    client.messenger.connect(to: old, peer: .osd).post(message(1))
    try #require(server.wait(1))
    let new = try await server.messenger.rebind(ports: Self.ports)
    #expect(new == server.messenger.addresses && new.addresses.count == 1)
    #expect(new.first?.ip == old.first?.ip && new.first?.port != old.first?.port)
    #expect(new.first?.nonce == old.first.map { $0.nonce + 1_000_000 })
    #expect(client.waitForReset(1))
    _ = client.messenger.connect(to: old, peer: .osd)
    #expect(client.waitForReset(2))
    client.messenger.connect(to: new, peer: .osd).post(message(2))
    #expect(server.wait(2) && client.resets == 2)
  }
}
