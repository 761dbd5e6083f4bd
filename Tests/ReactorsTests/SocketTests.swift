import Base
import Buffers
import Glibc
import Reactors
import TestKit
import Testing

/// The same for both of the kernel's drivers and for the simulated network.
@Suite(.timeLimit(.minutes(1))) struct SocketTests {
  /// A listener whose sockets send back what they get.
  private static func echo(on reactor: Reactor) throws(SystemError) -> any Listener {
    try reactor.driver.listen(at: .loopback(port: 0)) { socket in
      socket.start(onReceive: { socket.send($0) }, onClose: { _ in })
    }
  }

  private static func attempt(_ done: () -> Void, _ body: () throws -> Void) {
    do { try body() } catch {
      Issue.record(error)
      done()
    }
  }

  @Test(arguments: Stage.allCases)
  func `bytes come back`(stage: Stage) async throws {
    try await stage.play { reactor, done in
      Self.attempt(done) {
        let listener = try Self.echo(on: reactor)
        let client = reactor.driver.connect(to: listener.localAddress)
        let got = Box<[UInt8]>([])
        client.start(
          onReceive: {
            got.value += $0.array
            guard got.value.count == 5 else { return }
            #expect(got.value == [1, 2, 3, 4, 5])
            #expect(client.isConnected)
            #expect(client.peerAddress == listener.localAddress)
            #expect(client.localAddress?.port != 0)
            client.close()
            listener.close()
            done()
          }, onClose: { Issue.record("closed: \(String(describing: $0))") })
        client.send(ByteSlice([1, 2, 3]))
        client.send(ByteSlice([4, 5]))
      }
    }
  }

  @Test(arguments: Stage.allCases)
  func `sixteen megabytes come back whole through partial sends`(stage: Stage) async throws {
    try await stage.play { reactor, done in
      Self.attempt(done) {
        let listener = try Self.echo(on: reactor)
        let client = reactor.driver.connect(to: listener.localAddress)
        let sent = pattern(16 << 20, seed: 7)
        let checksum = Box<UInt32>(.max)
        let count = Box(0)
        client.start(
          onReceive: {
            checksum.value = CRC32C.checksum($0, seed: checksum.value)
            count.value += $0.count
            guard count.value == sent.count else { return }
            #expect(checksum.value == CRC32C.checksum(sent, seed: .max))
            done()
          }, onClose: { Issue.record("closed: \(String(describing: $0))") })
        client.send(sent)
        #expect(client.bytesQueued == sent.count)
      }
    }
  }

  @Test(arguments: Stage.allCases)
  func `a hundred thousand small sends arrive in order`(stage: Stage) async throws {
    let total = stage == .simulated ? 5000 : 100_000
    try await stage.play { reactor, done in
      Self.attempt(done) {
        let next = Box<UInt32>(0)
        let rest = Box<[UInt8]>([])
        let listener = try reactor.driver.listen(at: .loopback(port: 0)) { socket in
          socket.start(
            onReceive: { bytes in
              rest.value += bytes.array
              let whole = rest.value.count / 4
              rest.value.withUnsafeBytes {
                for at in 0..<whole {
                  let number = $0.loadUnaligned(fromByteOffset: at * 4, as: UInt32.self)
                  if number != next.value { Issue.record("\(number), not \(next.value)") }
                  next.value = number + 1
                }
              }
              rest.value.removeFirst(whole * 4)
              if next.value == total { done() }
            }, onClose: { _ in })
        }
        let client = reactor.driver.connect(to: listener.localAddress)
        client.start(onReceive: { _ in }, onClose: { _ in })
        for number in 0..<UInt32(total) {
          client.send(ByteSlice(withUnsafeBytes(of: number) { Array($0) }))
        }
      }
    }
  }

  @Test(arguments: Stage.allCases)
  func `the end of the stream is told after its last byte, once, with no error`(
    stage: Stage
  ) async throws {
    try await stage.play { reactor, done in
      Self.attempt(done) {
        let got = Box(0)
        let listener = try reactor.driver.listen(at: .loopback(port: 0)) { socket in
          socket.start(
            onReceive: { got.value += $0.count },
            onClose: { error in
              #expect(error == nil)
              #expect(got.value == 300_000)
              #expect(!socket.isConnected)
              socket.send(ByteSlice([1]))
              socket.close()
              done()
            })
        }
        let client = reactor.driver.connect(to: listener.localAddress)
        client.start(
          onReceive: { _ in }, onClose: { _ in Issue.record("close told to who closed") })
        client.send(pattern(300_000, seed: 1))
        client.closeWhenSent()
      }
    }
  }

  @Test(arguments: Stage.allCases)
  func `nobody listens: refused, once, and not from inside a call`(stage: Stage) async throws {
    try await stage.play { reactor, done in
      Self.attempt(done) {
        let listener = try Self.echo(on: reactor)
        let free = listener.localAddress
        listener.close()
        let client = reactor.driver.connect(to: free)
        let isInside = Box(true)
        client.start(
          onReceive: { _ in },
          onClose: { error in
            #expect(error?.errno == ECONNREFUSED)
            #expect(!isInside.value)
            done()
          })
        client.send(ByteSlice([1]))
        isInside.value = false
      }
    }
  }

  @Test(arguments: Stage.kernel)
  func `a missing UNIX socket is an error, a present one carries bytes`(stage: Stage) async throws {
    let path = "/tmp/loligo-socket-\(getpid())-\(stage)"
    unlink(path)
    defer { unlink(path) }
    try await stage.play { reactor, done in
      let early = reactor.driver.connect(to: .unix(path))
      early.start(
        onReceive: { _ in },
        onClose: { error in
          #expect(error?.errno == ENOENT)
          Self.attempt(done) {
            let listener = try reactor.driver.listen(at: .unix(path)) { socket in
              socket.start(onReceive: { socket.send($0) }, onClose: { _ in })
            }
            let client = reactor.driver.connect(to: .unix(path))
            client.start(
              onReceive: {
                #expect($0.array == [9])
                listener.close()
                done()
              }, onClose: { _ in Issue.record("closed") })
            client.send(ByteSlice([9]))
          }
        })
    }
  }

  @Test(arguments: Stage.allCases)
  func `a second listener on an address is refused`(stage: Stage) async throws {
    try await stage.play { reactor, done in
      Self.attempt(done) {
        let listener = try Self.echo(on: reactor)
        let error = #expect(throws: SystemError.self) {
          try reactor.driver.listen(at: listener.localAddress) { _ in }
        }
        #expect(error?.errno == EADDRINUSE)
        done()
      }
    }
  }

  @Test(arguments: Stage.allCases)
  func `expected bytes arrive page-aligned, in chunks of at most four megabytes`(
    stage: Stage
  ) async throws {
    try await stage.play { reactor, done in
      Self.attempt(done) {
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
      Self.attempt(done) {
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
      Self.attempt(done) {
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

  @Test(arguments: Stage.allCases)
  func `a socket moves to another reactor with what was not read`(stage: Stage) async throws {
    try await stage.play(reactors: 2) { reactors, done in
      Self.attempt(done) {
        let body = pattern(200_000, seed: 2)
        let listener = try reactors[0].driver.listen(at: .loopback(port: 0)) { socket in
          socket.start(
            onReceive: { first in
              let detached = socket.detach(unread: BufferList(first))
              reactors[1].post { Self.finish(detached, on: reactors[1], body) }
            }, onClose: { _ in Issue.record("closed") })
        }
        let client = reactors[0].driver.connect(to: listener.localAddress)
        let got = Box<[UInt8]>([])
        client.start(
          onReceive: {
            got.value += $0.array
            if got.value.count == body.count {
              #expect(got.value == body.array)
              done()
            }
          }, onClose: { _ in })
        client.send(body)
      }
    }
  }

  private static func finish(_ detached: DetachedSocket, on reactor: Reactor, _ body: ByteSlice) {
    let socket = reactor.driver.adopt(detached)
    let got = Box(BufferList())
    socket.start(
      onReceive: {
        #expect(reactor.isCurrent)
        got.value.append($0)
        if got.value.count == body.count { socket.send(got.value) }
      }, onClose: { _ in })
  }

  @Test(arguments: Stage.kernel)
  func `hundreds of connections that come and go are not taken for each other`(
    stage: Stage
  ) async throws {
    try await stage.play { reactor, done in
      Self.attempt(done) {
        let listener = try Self.echo(on: reactor)
        let left = Box(400)
        let ended = Box(0)
        func next(_ number: UInt8) {
          guard left.value > 0 else { return }
          left.value -= 1
          let client = reactor.driver.connect(to: listener.localAddress)
          client.start(
            onReceive: {
              #expect($0.array == [number])
              client.close()
              ended.value += 1
              if ended.value == 400 { done() } else { next(number) }
            }, onClose: { Issue.record("closed: \(String(describing: $0))") })
          client.send(ByteSlice([number]))
        }
        for number in 0..<20 as Range<UInt8> { next(number) }
      }
    }
  }

  @Test(arguments: Stage.kernel)
  func `a peer that resets the connection is an error, told once`(stage: Stage) async throws {
    try await stage.play { reactor, done in
      Self.attempt(done) {
        let listener = try reactor.driver.listen(at: .loopback(port: 0)) { socket in
          // Closing with unread bytes makes the kernel send a reset.
          socket.start(onReceive: { _ in }, onClose: { _ in })
          socket.pauseReceiving()
          reactor.schedule(after: .milliseconds(20)) { socket.close() }
        }
        let client = reactor.driver.connect(to: listener.localAddress)
        client.start(
          onReceive: { _ in },
          onClose: {
            #expect($0?.errno == ECONNRESET)
            done()
          })
        client.send(pattern(100_000, seed: 1))
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
