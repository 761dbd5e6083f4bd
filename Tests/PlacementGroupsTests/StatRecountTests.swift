import Buffers
import RadosTypes
import Testing

@testable import PlacementGroups

@Suite struct StatRecountTests {
  private func object(_ name: ByteString) -> HObject { HObject(pool: 2, hash: 0, name: name) }

  private func info(_ name: ByteString, size: UInt64) -> ObjectInfo {
    var info = ObjectInfo(object(name))
    info.size = size
    return info
  }

  private func delta(objects: Int64, bytes: Int64) -> ObjectStatSum {
    var sum = ObjectStatSum()
    sum.objects = objects
    sum.bytes = bytes
    return sum
  }

  @Test func `one that is made before the one that is being loaded is counted first, both once`() {
    var recount = StatRecount()
    recount.take([object("b"), object("d")], upTo: .max)
    #expect(recount.next() == object("b"))
    recount.follow(delta(objects: 1, bytes: 3), object("a"))
    recount.add(object("b"), info("b", size: 7))
    #expect(recount.sum.objects == 0)
    #expect(recount.next() == object("a"))
    recount.add(object("a"), info("a", size: 3))
    #expect(recount.next() == object("b"))
    recount.add(object("b"), info("b", size: 7))
    #expect(recount.next() == object("d"))
    recount.add(object("d"), nil)
    #expect(recount.next() == nil)
    #expect(recount.sum.objects == 2)
    #expect(recount.sum.bytes == 10)
  }

  @Test func `a change is added behind the place, and seen when its turn comes before it`() {
    var recount = StatRecount()
    recount.take([object("b"), object("d")], upTo: .max)
    _ = recount.next()
    recount.add(object("b"), info("b", size: 7))
    recount.follow(delta(objects: 0, bytes: 2), object("b"))
    recount.follow(delta(objects: 0, bytes: 5), object("d"))
    _ = recount.next()
    recount.add(object("d"), info("d", size: 9))
    #expect(recount.sum.bytes == 18)
  }
}
