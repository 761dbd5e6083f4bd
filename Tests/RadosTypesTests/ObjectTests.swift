import Buffers
import RadosTypes
import Testing
import Wire

@Suite struct ObjectTests {
  /// Seen on the wire: MOSDOp carries the hash that librados computed.
  @Test(arguments: [
    ("", "obj1", 0x6cf8_deff), ("ns1", "nsobj", 0x64f6_c39a),
  ])
  func `the hash of a name is librados'`(namespace: String, name: String, hash: UInt32) {
    #expect(
      ObjectHash.hash(name: ByteString(name), key: "", namespace: ByteString(namespace)) == hash)
  }

  @Test func `a locator key replaces the name in the hash`() {
    #expect(
      ObjectHash.hash(name: "anything", key: "obj1", namespace: "") == 0x6cf8_deff)
  }

  @Test(arguments: [(UInt32(1), UInt32(0)), (2, 1), (8, 7), (12, 15), (32, 31), (33, 63)])
  func `the mask of a count of PGs`(count: UInt32, mask: UInt32) {
    #expect(ObjectHash.mask(for: count) == mask)
  }

  @Test func `reversing bits twice gives the number back`() {
    #expect(ObjectHash.reverseBits(1) == 0x8000_0000)
    #expect(ObjectHash.reverseBits(ObjectHash.reverseBits(0x1234_5678)) == 0x1234_5678)
  }

  @Test(arguments: [
    "MIN", "MAX", "2:f8000000:ns:key:name:head", "-1:0a1b2c3d:::%3aodd%25%2fname%ff:1f",
    "7:00000001::::snapdir",
  ])
  func `text of an object parses to the same object`(text: String) throws {
    let object = try #require(HObject(text))
    #expect(object.description == text)
    #expect(try HObject(wire: object.wire) == object)
  }

  @Test func `objects are ordered by reversed hash, then namespace, key, name, snap`() {
    let ordered = [
      HObject.min,
      HObject(pool: 1, hash: 0, name: "z"),
      HObject(pool: 2, hash: 2, name: "b"),  // Reversed 0x40000000.
      HObject(pool: 2, hash: 1, name: "a", snap: SnapID(4)),  // Reversed 0x80000000.
      HObject(pool: 2, hash: 1, name: "a"),
      HObject(pool: 2, hash: 1, name: "c", key: "b"),
      HObject(pool: 2, hash: 1, name: "b", key: "c"),
      HObject(pool: 2, hash: 1, name: "a", namespace: "n"),
      HObject.max,
    ]
    #expect(ordered.shuffled().sorted() == ordered)
  }

  @Test func `a shard's objects come together in the store's order`() {
    let object = HObject(pool: 2, hash: 1, name: "a")
    let ordered = [
      GHObject.min, GHObject(object), GHObject(object, shard: 0),
      GHObject(object, generation: 7, shard: 1), GHObject(object, shard: 1), GHObject.max,
    ]
    #expect(ordered.shuffled().sorted() == ordered)
    for object in ordered { #expect(GHObject(object.description) == object) }
  }

  @Test(arguments: ["2.1f", "0.0", "12.ffffffff"])
  func `text of a PG parses to the same PG`(text: String) throws {
    #expect(try #require(PGID(text)).description == text)
  }

  @Test(arguments: ["", "2", "2.", "2.x", ".1", "2.1f.3", "2.100000000"])
  func `what is no PG is refused`(text: String) {
    #expect(PGID(text) == nil)
  }

  @Test(arguments: ["meta", "2.1f_head", "2.1fs3_head", "2.1f_TEMP"])
  func `text and bytes of a collection give the same collection`(text: String) throws {
    let collection = try #require(CollectionID(text))
    #expect(collection.description == text)
    #expect(try CollectionID(wire: collection.wire) == collection)
  }
}
