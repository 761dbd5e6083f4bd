import Base
import Reactors
import TestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct TimerTests {
  @Test(arguments: Stage.allCases)
  func `timers fire in the order of their deadlines, never early`(stage: Stage) async throws {
    try await stage.play { reactor, done in
      let fired = Box<[Int]>([])
      // A deadline is between these two: the thread may be held up between two calls.
      let earliest = Box(Array(repeating: reactor.clock.now, count: 40))
      let latest = Box(earliest.value)
      var random = SeededRandom(seed: 3)
      for delay in (0..<40).shuffled(using: &random) {
        let asked = reactor.clock.now
        earliest.value[delay] = asked + .milliseconds(delay)
        reactor.schedule(after: .milliseconds(delay)) {
          #expect(reactor.clock.now - asked >= .milliseconds(delay))
          fired.value.append(delay)
          guard fired.value.count == 40 else { return }
          #expect(fired.value.sorted() == Array(0..<40))
          for (place, delay) in fired.value.enumerated() {
            let later = fired.value[place...]
            #expect(later.allSatisfy { earliest.value[delay] <= latest.value[$0] })
          }
          done()
        }
        latest.value[delay] = reactor.clock.now + .milliseconds(delay)
      }
    }
  }

  @Test(arguments: Stage.kernel)
  func `a wait ends for a timer made meanwhile, and when its own was cancelled`(
    stage: Stage
  ) async throws {
    let poker = Box<SystemThread?>(nil)
    try await stage.play { reactor, done in
      let order = Box<[String]>([])
      let begun = reactor.clock.now
      nonisolated(unsafe) let awaited = reactor.schedule(after: .milliseconds(60)) {
        order.value.append("cancelled")
      }
      reactor.schedule(after: .milliseconds(120)) {
        #expect(reactor.clock.now - begun >= .milliseconds(120))
        #expect(order.value == ["early", "between"])
        done()
      }
      poker.value = try? SystemThread("poker") {
        // While the reactor waits for the first.
        SystemThread.sleep(.milliseconds(10))
        reactor.post {
          awaited.cancel()
          reactor.schedule(after: .milliseconds(80)) { order.value.append("between") }
          reactor.schedule(after: .milliseconds(5)) {
            #expect(order.value.isEmpty)
            order.value.append("early")
          }
        }
      }
    }
    try #require(poker.value).join()
  }

  @Test func `in simulated time a timer fires at its nanosecond`() {
    let world = SimWorld(seed: 1)
    let reactor = world.makeReactor()
    let start = world.clock.now
    var at: Instant?
    reactor.schedule(after: .nanoseconds(123_456_789)) { at = world.clock.now }
    #expect(world.run { at != nil })
    #expect(at == start + .nanoseconds(123_456_789))
  }

  @Test(arguments: Stage.allCases)
  func `a cancelled timer does not fire, even from a timer of the same moment`(
    stage: Stage
  ) async throws {
    try await stage.play { reactor, done in
      let timers = Box<[ReactorTimer]>([])
      let fired = Box(0)
      for _ in 0..<10 {
        timers.value.append(
          reactor.schedule(after: .milliseconds(2)) {
            fired.value += 1
            for timer in timers.value { timer.cancel() }
          })
      }
      reactor.schedule(after: .milliseconds(10)) {
        #expect(fired.value == 1)
        #expect(timers.value.allSatisfy { !$0.isPending })
        timers.value = []
        done()
      }
    }
  }

  @Test func `thousands of timers, a third of them cancelled, fire in order`() {
    let world = SimWorld(seed: 9)
    let reactor = world.makeReactor()
    var random = SeededRandom(seed: 4)
    var timers: [ReactorTimer] = []
    var lastFired = Instant(nanoseconds: 0)
    var fired = 0
    for _ in 0..<5000 {
      timers.append(
        reactor.schedule(after: .microseconds(Int64(random.next() % 10_000))) {
          #expect(world.clock.now >= lastFired)
          lastFired = world.clock.now
          fired += 1
        })
    }
    for at in stride(from: 0, to: 5000, by: 3) { timers[at].cancel() }
    world.run { false }
    #expect(fired == 5000 - 1667)
  }

  @Test func `a timer without delay that makes another leaves others their turn`() {
    let world = SimWorld(seed: 1)
    let reactor = world.makeReactor()
    var turns = 0
    var other = false
    func again() {
      turns += 1
      reactor.schedule(after: .zero) { again() }
    }
    again()
    reactor.schedule(after: .zero) { other = true }
    #expect(world.run { other && turns > 5 })
  }
}
