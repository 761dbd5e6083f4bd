import Monitors
import Testing

struct SubscriptionsTests {
  typealias Item = Subscriptions.Item

  @Test func `a wish is sent once a session`() {
    var subscriptions = Subscriptions()
    subscriptions.want("osdmap", from: 5)
    subscriptions.want("config", from: 0)
    let first = subscriptions.takeFresh()
    #expect(first.map(\.what) == ["config", "osdmap"])
    #expect(!subscriptions.hasFresh)
    let answer1 = subscriptions.want("osdmap", from: 5)
    #expect(!answer1)
    let answer2 = subscriptions.want("osdmap", from: 6)
    #expect(answer2)
    subscriptions.reload()
    let again = subscriptions.takeFresh()
    #expect(again.map(\.what) == ["config", "osdmap"])
    #expect(again.map(\.item.start) == [0, 6])
  }

  @Test func `what came moves the start of the next session`() {
    var subscriptions = Subscriptions()
    subscriptions.want("osdmap", from: 5)
    subscriptions.want("mgrmap", from: 1, once: true)
    _ = subscriptions.takeFresh()
    subscriptions.got("osdmap", 9)
    subscriptions.got("osdmap", 7)
    subscriptions.got("mgrmap", 1)
    subscriptions.got("nothing", 1)
    subscriptions.reload()
    let again = subscriptions.takeFresh()
    #expect(again.map(\.item) == [Item(start: 10, isOnce: false)])
  }

  @Test func `a start does not move back by itself`() {
    var subscriptions = Subscriptions()
    let answer3 = subscriptions.wantAtLeast("osdmap", from: 5)
    #expect(answer3)
    let answer4 = subscriptions.wantAtLeast("osdmap", from: 4)
    #expect(!answer4)
    _ = subscriptions.takeFresh()
    let answer5 = subscriptions.wantAtLeast("osdmap", from: 5)
    #expect(!answer5)
    let answer6 = subscriptions.wantAtLeast("osdmap", from: 8)
    #expect(answer6)
    subscriptions.drop("osdmap")
    #expect(!subscriptions.hasFresh)
  }
}
