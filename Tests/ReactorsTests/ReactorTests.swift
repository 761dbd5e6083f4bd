import Base
import Reactors
import Synchronization
import TestKit
import Testing

/// An actor that lives on a reactor.
private actor Resident {
  nonisolated let reactor: Reactor
  private var visits = 0

  init(_ reactor: Reactor) { self.reactor = reactor }

  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  nonisolated func expectIsolated() { assumeIsolated { _ in } }

  func visit() -> Int {
    #expect(reactor.isCurrent)
    visits += 1
    return visits
  }
}

@Suite(.timeLimit(.minutes(10))) struct ReactorTests {
  @Test(arguments: Stage.allCases)
  func `a task spawned on a reactor resumes on it, whatever it awaits`(stage: Stage) async throws {
    try await stage.play { reactor, done in
      #expect(Reactor.current === reactor)
      let resident = Resident(reactor)
      reactor.spawn {
        for round in 1...100 {
          await Task.yield()
          #expect(reactor.isCurrent)
          #expect(await resident.visit() == round)
          await withUnsafeContinuation { continuation in reactor.post { continuation.resume() } }
          #expect(reactor.isCurrent)
          resident.expectIsolated()
        }
        done()
      }
    }
  }

  @Test(arguments: Stage.kernel)
  func `a continuation resumed by another thread resumes on the reactor`(stage: Stage) async throws
  {
    try await stage.play(reactors: 2) { reactors, done in
      reactors[0].spawn {
        for _ in 0..<1000 {
          await withUnsafeContinuation { continuation in
            reactors[1].post {
              #expect(reactors[1].isCurrent)
              continuation.resume()
            }
          }
          #expect(reactors[0].isCurrent)
        }
        done()
      }
    }
  }

  @Test(arguments: Stage.kernel)
  func `what several threads post arrives once, in each one's order`(stage: Stage) async throws {
    let last = Box([Int](repeating: -1, count: 4))
    let each = 20_000
    try await stage.play { reactor, done in
      for sender in 0..<4 {
        Task.detached {
          for number in 0..<each {
            reactor.post {
              #expect(last.value[sender] == number - 1)
              last.value[sender] = number
              if last.value == Array(repeating: each - 1, count: 4) { done() }
            }
          }
        }
      }
    }
  }

  @Test(arguments: Stage.allCases)
  func `end-of-tick work runs once, after what the tick still makes`(stage: Stage) async throws {
    try await stage.play { reactor, done in
      let order = Box<[String]>([])
      reactor.atEndOfTick {
        order.value.append("end")
        reactor.atEndOfTick { order.value.append("end again") }
      }
      reactor.post { order.value.append("work") }
      reactor.schedule(after: .milliseconds(5)) {
        #expect(order.value == ["work", "end", "end again"])
        done()
      }
    }
  }

  @Test(arguments: Stage.kernel)
  func `an idle reactor does not wake up`(stage: Stage) async throws {
    try await stage.play { reactor, done in
      let watcher = Task.detached {
        while reactor.busySince != nil { try await Task.sleep(for: .milliseconds(10)) }
        let before = reactor.perf.value(ReactorCounter.ticks).sum
        try await Task.sleep(for: .milliseconds(300))
        #expect(reactor.perf.value(ReactorCounter.ticks).sum == before)
        done()
      }
      _ = watcher
    }
  }

  @Test(arguments: Stage.kernel)
  func `work longer than a millisecond is counted, and the watchdog's stamp moves`(
    stage: Stage
  ) async throws {
    try await stage.play { reactor, done in
      let stamp = reactor.lastTick
      reactor.post {
        reactor.doing("a long calculation")
        let end = reactor.clock.now + .milliseconds(3)
        while reactor.clock.now < end {}
      }
      reactor.schedule(after: .milliseconds(5)) {
        #expect(reactor.perf.value(ReactorCounter.longRuns).sum >= 1)
        #expect(reactor.lastTick > stamp)
        #expect(reactor.busySince == reactor.lastTick)
        done()
      }
    }
  }

  @Test func `io_uring, epoll and auto are the names of drivers`() throws {
    #expect(EventDriverKind(rawValue: "io_uring") == .uring)
    #expect(EventDriverKind(rawValue: "epoll") == .epoll)
    #expect(EventDriverKind(rawValue: "kqueue") == nil)
    #expect(try EventDriverKind.epoll.makeDriver().name == "epoll")
    #expect(try EventDriverKind.auto.makeDriver().name == "io_uring")
  }
}
