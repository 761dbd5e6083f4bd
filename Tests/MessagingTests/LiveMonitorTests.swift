import Auth
import Base
import Buffers
import Glibc
import Messages
import Messaging
import RadosTypes
import Reactors
import Testing

/// Against a stock monitor, if the environment names one: `LOLIGO_TEST_MON` is its address, `LOLIGO_TEST_KEY`
/// the key of client.admin (absent: auth none).
@Suite(.enabled(if: getenv("LOLIGO_TEST_MON") != nil), .serialized)
struct LiveMonitorTests {
  @Test(arguments: EventDriverKind.allCases)
  func `a stock monitor answers with its map`(kind: EventDriverKind) throws {
    let text = String(cString: getenv("LOLIGO_TEST_MON"))
    let monitor = try #require(EntityAddresses(text))
    let key = getenv("LOLIGO_TEST_KEY").map { String(cString: $0) }
    var policy = key == nil ? AuthPolicy.allNone : AuthPolicy()
    policy.role = .client
    let clock = SystemClock()
    let log = Log(clock: clock, level: 20)
    let authenticator = ClusterAuthenticator(
      name: AuthName(.client, "admin"), key: try key.map { try CryptoKey(base64: $0.utf8) },
      policy: policy, clock: clock)
    let reactor = Reactor(driver: try kind.makeDriver(), clock: clock, log: log)
    let waiter = Waiter(expecting: 1)
    let messenger = AsyncMessenger(
      name: EntityName(.client, -1), nonce: 1234, reactors: [reactor], authenticator: authenticator,
      dispatcher: waiter, defaultPolicy: .lossyClient, log: log)
    try reactor.start()
    let connection = messenger.connect(to: monitor, peer: .monitor)
    connection.post(RawMessage(header: MessageHeader(type: .monGetMap)))
    #expect(waiter.wait(seconds: 60))
    #expect(waiter.messages.first?.type == .monMap)
    #expect(connection.mode == (key == nil ? .crc : .secure))
    #expect(connection.peer == EntityName(.monitor, 0))
    messenger.shutdown()
    reactor.stop()
    reactor.join()
  }
}

/// Collects messages; the test's thread waits for them.
final class Waiter: Dispatcher, @unchecked Sendable {
  private let lock = Lock()
  private let expected: Int
  private var received: [RawMessage] = []
  private var resets = 0
  private var readies = 0
  private var remoteResets = 0

  init(expecting count: Int) { expected = count }

  var messages: [RawMessage] { lock.withLock { received } }

  var readyCount: Int { lock.withLock { readies } }
  var remoteResetCount: Int { lock.withLock { remoteResets } }

  func wait(seconds: Int) -> Bool {
    for _ in 0..<seconds * 100 {
      if lock.withLock({ received.count >= expected }) { return true }
      usleep(10_000)
    }
    return false
  }

  func connectionReady(_ connection: Connection) { lock.withLock { readies += 1 } }
  func dispatch(_ message: RawMessage, from connection: Connection) {
    lock.withLock { received.append(message) }
  }
  func connectionReset(_ connection: Connection) { lock.withLock { resets += 1 } }
  func remoteReset(_ connection: Connection) { lock.withLock { remoteResets += 1 } }
  func connectionRefused(_ connection: Connection) {}
}
