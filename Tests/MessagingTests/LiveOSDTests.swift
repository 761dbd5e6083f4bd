import Auth
import Base
import Buffers
import Glibc
import Messages
import RadosTypes
import Reactors
import Testing

@testable import Messaging

/// Against a stock OSD without authentication, if the environment names one: `LOLIGO_TEST_MON` is the
/// monitor's address, `LOLIGO_TEST_OSD_CLUSTER` that of the OSD's cluster messenger, nonce included.
@Suite(.enabled(if: getenv("LOLIGO_TEST_OSD_CLUSTER") != nil && getenv("LOLIGO_TEST_KEY") == nil))
struct LiveOSDTests {
  /// We are an OSD that the cluster does not know: its messenger talks to us all the same.
  @Test func `a session with a stock OSD goes on after every cut`() throws {
    let monitor = try #require(EntityAddresses(String(cString: getenv("LOLIGO_TEST_MON"))))
    let osd = try #require(EntityAddresses(String(cString: getenv("LOLIGO_TEST_OSD_CLUSTER"))))
    let clock = SystemClock()
    let log = Log(clock: clock, level: 10)
    let authenticator = ClusterAuthenticator(
      name: AuthName(.osd, "77"), key: nil, policy: .allNone, clock: clock)
    let reactors = try (0..<2).map {
      Reactor(index: $0, driver: try EpollDriver(), clock: clock, log: log)
    }
    let user = Waiter(expecting: 1)
    let messenger = AsyncMessenger(
      name: EntityName(.osd, 77), nonce: 4242, reactors: reactors, authenticator: authenticator,
      dispatcher: user, defaultPolicy: .losslessPeer, policies: [.monitor: .lossyClient], log: log)
    for reactor in reactors { try reactor.start() }
    try messenger.bind(EntityAddress("v2:127.0.0.1:0/0")!, ports: 27_900...27_999)
    messenger.connect(to: monitor, peer: .monitor).post(
      RawMessage(header: MessageHeader(type: .monGetMap)))
    #expect(user.wait(seconds: 60))
    let connection = messenger.connect(to: osd, peer: .osd)
    for round in 1...5 {
      for tid in 1...20 {
        connection.post(RawMessage(header: MessageHeader(type: .ping, tid: UInt64(tid))))
      }
      #expect(settled(connection), "round \(round)")
      #expect(connection.peer == EntityName(.osd, 0) && !connection.policy.lossy)
      #expect(connection.sessionState.connectSequence == UInt64(round - 1))
      connection.reactor.post {
        connection.sendKeepalive()
        connection.send(RawMessage(header: MessageHeader(type: .ping, tid: 99)))
        connection.link?.fail(.socket(nil))
      }
    }
    #expect(settled(connection))
    #expect(user.remoteResetCount == 0 && user.readyCount == 7)
    messenger.shutdown()
    for reactor in reactors {
      reactor.stop()
      reactor.join()
    }
  }

  /// Everything is sent and acknowledged.
  private func settled(_ connection: Connection) -> Bool {
    for _ in 0..<6000 {
      usleep(10_000)
      if connection.isReady, connection.sessionState.queue.isEmpty { return true }
    }
    return false
  }
}
