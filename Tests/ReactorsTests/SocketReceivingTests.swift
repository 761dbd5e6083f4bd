import Base
import Buffers
import Reactors
import TestKit
import Testing

/// How bytes are delivered: where they land, and when.
@Suite(.timeLimit(.minutes(10))) struct SocketReceivingTests {
  @Test(arguments: Stage.allCases)
  func `expected bytes arrive page-aligned, in chunks of at most four megabytes`(
    stage: Stage
  ) async throws {
    try await stage.play { reactor, done in
      attempt(done) {
        let body = pattern(9 << 20, seed: 5)
        let listener = try reactor.driver.listen(at: .loopback(port: 0)) { socket in
          let phase = Box(0)
          let got = Box(BufferList())
          socket.start(
            onReceive: { bytes in
              switch phase.value {
              case 0:
                phase.value = 1
                #expect(bytes[0] == 42)
                socket.expect(body.count, prefix: bytes.dropFirst(1))
              case 1:
                #expect(UInt(bitPattern: bytes.start) % 4096 == 0)
                #expect(bytes.count == min(4 << 20, body.count - got.value.count))
                got.value.append(bytes)
                if got.value.count == body.count {
                  phase.value = 2
                  #expect(got.value.contiguous() == body)
                }
              case _:
                #expect(bytes[0] == 43)
                done()
              }
            }, onClose: { _ in Issue.record("closed") })
        }
        let client = reactor.driver.connect(to: listener.localAddress)
        client.start(onReceive: { _ in }, onClose: { _ in })
        client.send(ByteSlice([42]))
        client.send(body)
        client.send(ByteSlice([43]))
      }
    }
  }

  /// Frames of a length and then as many bytes, the way a messenger reads them.
  @Test(arguments: Stage.allCases)
  func `many expected runs and the bytes between them keep their places`(stage: Stage) async throws
  {
    try await stage.play { reactor, done in
      attempt(done) {
        var random = SeededRandom(seed: 11)
        let bodies = (0..<300).map { pattern(1 + Int(random.next() % 20_000), seed: UInt64($0)) }
        let listener = try reactor.driver.listen(at: .loopback(port: 0)) { socket in
          let parser = FrameParser(socket: socket)
          socket.start(
            onReceive: { bytes in
              parser.feed(bytes)
              if parser.bodies.count == bodies.count {
                #expect(parser.bodies == bodies)
                done()
              }
            }, onClose: { _ in Issue.record("closed") })
        }
        let client = reactor.driver.connect(to: listener.localAddress)
        client.start(onReceive: { _ in }, onClose: { _ in })
        for body in bodies {
          client.send(ByteSlice(withUnsafeBytes(of: UInt32(body.count)) { Array($0) }))
          client.send(body)
        }
      }
    }
  }

  @Test(arguments: Stage.allCases)
  func `a paused socket delivers nothing, and everything when it goes on`(stage: Stage) async throws
  {
    try await stage.play { reactor, done in
      attempt(done) {
        let got = Box(0)
        let isPaused = Box(false)
        let pauses = Box(0)
        let listener = try reactor.driver.listen(at: .loopback(port: 0)) { socket in
          socket.start(
            onReceive: { bytes in
              #expect(!isPaused.value)
              got.value += bytes.count
              if got.value == 2_000_000 {
                #expect(pauses.value > 0)
                return done()
              }
              isPaused.value = true
              pauses.value += 1
              socket.pauseReceiving()
              reactor.schedule(after: .milliseconds(1)) {
                isPaused.value = false
                socket.resumeReceiving()
              }
            }, onClose: { _ in Issue.record("closed") })
        }
        let client = reactor.driver.connect(to: listener.localAddress)
        client.start(onReceive: { _ in }, onClose: { _ in })
        client.send(pattern(2_000_000, seed: 1))
      }
    }
  }
}

/// Reads frames of a u32 length and a body with `expect`.
private final class FrameParser: @unchecked Sendable {
  private unowned let socket: any StreamSocket
  private var input: [UInt8] = []
  private var awaited = false
  private(set) var bodies: [ByteSlice] = []

  init(socket: any StreamSocket) { self.socket = socket }

  func feed(_ bytes: ByteSlice) {
    if awaited {
      #expect(UInt(bitPattern: bytes.start) % 4096 == 0)
      awaited = false
      bodies.append(bytes)
      return
    }
    input += bytes.array
    while input.count >= 4 {
      let length = input.withUnsafeBytes { Int($0.loadUnaligned(as: UInt32.self)) }
      if input.count < 4 + length {
        let prefix = ByteSlice(input.dropFirst(4))
        input = []
        awaited = true
        return socket.expect(length, prefix: prefix)
      }
      bodies.append(ByteSlice(input[4..<4 + length]))
      input.removeFirst(4 + length)
    }
  }
}
