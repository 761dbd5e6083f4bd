import Base
import Buffers
import Foundation
import Glibc
import Reactors
import TestKit
import Testing

/// The same for both of the kernel's drivers and for the simulated network.
@Suite(.timeLimit(.minutes(10))) struct SocketTests {
  @Test(arguments: Stage.allCases)
  func `bytes come back`(stage: Stage) async throws {
    try await stage.play { reactor, done in
      attempt(done) {
        let listener = try echo(on: reactor)
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
      attempt(done) {
        let listener = try echo(on: reactor)
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
      attempt(done) {
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
      attempt(done) {
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
      attempt(done) {
        let listener = try echo(on: reactor)
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
          attempt(done) {
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
      attempt(done) {
        let listener = try echo(on: reactor)
        let error = #expect(throws: SystemError.self) {
          try reactor.driver.listen(at: listener.localAddress) { _ in }
        }
        #expect(error?.errno == EADDRINUSE)
        done()
      }
    }
  }

  @Test(arguments: Stage.allCases)
  func `a socket moves to another reactor with what was not read`(stage: Stage) async throws {
    try await stage.play(reactors: 2) { reactors, done in
      attempt(done) {
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
      attempt(done) {
        let listener = try echo(on: reactor)
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
      attempt(done) {
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

  /// The end of a socket must reach the peer although it is just then being told of more bytes.
  @Test(arguments: Stage.kernel)
  func `a peer that never stops sending hears of the end`(stage: Stage) async throws {
    try await stage.play { reactor, done in
      attempt(done) {
        let listener = try reactor.driver.listen(at: .loopback(port: 0)) { socket in
          socket.start(onReceive: { _ in socket.close() }, onClose: { _ in })
        }
        let port = listener.localAddress.port
        Thread.detachNewThread {
          let deaf = (0..<2000).filter { _ in !StubbornPeer.hearsOfTheEnd(port: port) }
          #expect(deaf.isEmpty)
          reactor.post { listener.close() }
          done()
        }
      }
    }
  }
}

/// A blocking socket on a thread of its own.
private enum StubbornPeer {
  /// Sends until the connection has ended; false if it does not within a minute.
  static func hearsOfTheEnd(port: UInt16) -> Bool {
    guard let client = BlockingClient.connected(to: port) else { return false }
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      let sent = send(client.descriptor, [1, 2, 3], 3, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      if sent < 0, errno != EAGAIN { return true }
    }
    return false
  }
}
