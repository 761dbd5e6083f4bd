import Buffers
import OpExecution
import RadosTypes
import Testing

@testable import PlacementGroups

@Suite struct ObjectContextCacheTests {
  private func object(_ name: String, hash: UInt32 = 7) -> HObject {
    HObject(pool: 1, hash: hash, name: ByteString(name))
  }

  /// Contexts that nobody uses.
  private func cache(of names: String..., hash: UInt32 = 7) -> ObjectContextCache {
    var cache = ObjectContextCache()
    for name in names {
      let object = object(name, hash: hash)
      let context = cache.make(object, ObjectState(absent: object))
      context.isRecent = false
    }
    return cache
  }

  @Test func `objects of the same hash have contexts of their own`() {
    let cache = cache(of: "a", "b", "c")
    #expect(cache.count == 3)
    for name in ["a", "b", "c"] { #expect(cache.find(object(name))?.object == object(name)) }
    #expect(cache.find(object("d")) == nil)
    #expect(cache.find(object("a", hash: 8)) == nil)
    #expect(Set(cache.all.map(\.object)) == Set(["a", "b", "c"].map { object($0) }))
  }

  @Test(arguments: ["a", "b", "c"])
  func `one that is dropped leaves the others of its hash`(_ gone: String) {
    var cache = cache(of: "a", "b", "c")
    for name in ["a", "b", "c"] { cache.find(object(name))?.isRecent = name != gone }
    cache.shrink(to: 2)
    #expect(cache.count == 2)
    for name in ["a", "b", "c"] { #expect((cache.find(object(name)) == nil) == (name == gone)) }
  }

  @Test func `the oldest unused one leaves first, and what was used passes once`() {
    var cache = cache(of: "a", "b", "c")
    cache.find(object("a"))?.isRecent = true
    cache.shrink(to: 2)
    #expect(cache.find(object("a")) != nil)
    #expect(cache.find(object("b")) == nil)
    cache.shrink(to: 0)
    #expect(cache.isEmpty)
  }

  @Test func `a context that has been reset can be dropped, not one whose object is loaded`() {
    var cache = ObjectContextCache()
    let context = cache.make(object("a"), nil)
    context.isRecent = false
    context.knowledge = .asked
    cache.shrink(to: 0)
    #expect(cache.count == 1)
    #expect(context.reset().isEmpty)
    cache.shrink(to: 0)
    #expect(cache.isEmpty)
  }
}
