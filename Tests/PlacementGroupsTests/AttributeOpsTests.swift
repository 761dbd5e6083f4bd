import Buffers
import Messages
import RadosTypes
import Testing
import Wire

/// What ops on attributes and omap answer.
@Suite struct AttributeOpsTests {
  let bench = Bench()

  @Test func `attributes are set, read, listed without the daemon's own, and removed`() throws {
    #expect(bench.ask("o", .attribute(.setAttribute, "k", "v"))?.result == 0)
    bench.ask("o", .attribute(.setAttribute, "a", ""))
    #expect(bench.ask("o", .attribute(.getAttribute, "k"))?.text == "v")
    let all = try #require(bench.ask("o", OSDOp(.getAttributes)))
    var reader = WireReader(all.ops[0].outdata)
    let names = try reader.readMap({ (r) throws(DecodeError) in try r.readString() }) {
      (r) throws(DecodeError) in try r.readString()
    }
    #expect(names == ["a": "", "k": "v"])
    #expect(bench.ask("o", .attribute(.removeAttribute, "k"))?.result == 0)
    #expect(bench.ask("o", .attribute(.getAttribute, "k"))?.result == -61)
    #expect(bench.ask("o", .attribute(.removeAttribute, "k"))?.result == 0)
    #expect(bench.ask("absent", .attribute(.removeAttribute, "k"))?.result == -2)
    #expect(bench.ask("absent", .attribute(.getAttribute, "k"))?.result == -2)
  }

  @Test func `an attribute's name has a bound`() {
    let name = String(repeating: "n", count: 100)
    #expect(bench.ask("o", .attribute(.setAttribute, name, "v"))?.result == 0)
    #expect(bench.ask("o", .attribute(.setAttribute, name + "n", "v"))?.result == -36)
    var lying = OSDOp.attribute(.setAttribute, "k", "v")
    lying.attribute.valueCount = 1000
    #expect(bench.ask("o", lying)?.result == -22)
  }

  /// comparison, sent, result: what is sent stands on the left.
  @Test(
    arguments: [
      (1, "m", 1), (1, "n", -125), (2, "n", 1), (2, "m", -125), (3, "n", 1), (3, "m", -125),
      (4, "m", 1), (4, "l", -125), (5, "l", 1), (5, "m", -125), (6, "m", 1), (6, "n", -125),
      (9, "m", -22),
    ] as [(UInt8, String, Int32)])
  func `attributes compare as bytes`(comparison: UInt8, sent: String, result: Int32) {
    bench.ask("o", .attribute(.setAttribute, "k", "m"))
    let op = OSDOp.attribute(.compareAttribute, "k", sent, comparison: comparison, mode: 1)
    #expect(bench.ask("o", op)?.result == result)
  }

  @Test func `attributes compare as numbers, and absent ones as nothing`() {
    bench.ask("o", .attribute(.setAttribute, "k", "12"))
    func compare(_ name: String, _ number: UInt64, _ comparison: UInt8) -> Int32? {
      var writer = WireWriter()
      writer.writeRaw(Array(name.utf8))
      writer.write(number)
      var op = OSDOp(.compareAttribute, indata: writer.finishList())
      op.attribute = OSDOp.Attribute(
        nameCount: UInt32(name.utf8.count), valueCount: 8, comparison: comparison, mode: 2)
      return bench.ask("o", op)?.result
    }
    #expect(compare("k", 12, 1) == 1)
    #expect(compare("k", 9, 5) == 1)
    #expect(compare("k", 100, 3) == 1)
    #expect(compare("none", 0, 1) == 1)
  }

  private func strings(_ code: OpCode, _ entries: [(String, String)]) -> OSDOp {
    .encoded(code) { writer in
      writer.write(array: entries) { writer, entry in
        writer.write(entry.0)
        writer.write(entry.1)
      }
    }
  }

  private func names(_ code: OpCode, _ keys: [String]) -> OSDOp {
    .encoded(code) { writer in writer.write(array: keys) { writer, key in writer.write(key) } }
  }

  private func values(after: String = "", max: UInt64 = 100, prefix: String = "") -> OSDOp {
    .encoded(.omapGetValues) { writer in
      writer.write(after)
      writer.write(max)
      writer.write(prefix)
    }
  }

  private func decode(_ reply: MOSDOpReply?) throws -> ([String: String], more: Bool) {
    var reader = WireReader(try #require(reply).ops[0].outdata)
    let map = try reader.readMap({ (r) throws(DecodeError) in try r.readString() }) {
      (r) throws(DecodeError) in try r.readString()
    }
    return (map, reader.isAtEnd ? false : try reader.readBool())
  }

  @Test func `omap is set, read in pages and by prefix, and removed`() throws {
    let entries = ["a1", "a2", "b1", "b2", "c"].map { ($0, "v" + $0) }
    #expect(bench.ask("o", strings(.omapSetValues, entries))?.result == 0)
    #expect(try decode(bench.ask("o", values())).0.count == 5)
    var page = try decode(bench.ask("o", values(max: 2)))
    #expect(page.0.keys.sorted() == ["a1", "a2"] && page.more)
    page = try decode(bench.ask("o", values(after: "b1")))
    #expect(page.0.keys.sorted() == ["b2", "c"] && !page.more)
    page = try decode(bench.ask("o", values(prefix: "b")))
    #expect(page.0 == ["b1": "vb1", "b2": "vb2"] && !page.more)
    page = try decode(bench.ask("o", names(.omapGetValuesByKeys, ["c", "x"])))
    #expect(page.0 == ["c": "vc"])
    #expect(bench.ask("o", names(.omapRemoveKeys, ["a1", "none"]))?.result == 0)
    let range = OSDOp.encoded(.omapRemoveKeyRange) { writer in
      writer.write("b")
      writer.write("c")
    }
    #expect(bench.ask("o", range)?.result == 0)
    #expect(try decode(bench.ask("o", values())).0.keys.sorted() == ["a2", "c"])
    #expect(bench.ask("o", OSDOp(.omapClear))?.result == 0)
    #expect(try decode(bench.ask("o", values())).0.isEmpty)
    #expect(bench.ask("absent", OSDOp(.omapClear))?.result == -2)
    #expect(bench.ask("absent", names(.omapRemoveKeys, ["a"]))?.result == -2)
    #expect(bench.ask("o", OSDOp(.omapSetValues, indata: BufferList([9, 9])))?.result == -22)
  }

  @Test func `keys come alone when asked for alone`() throws {
    bench.ask("o", strings(.omapSetValues, [("a", "1"), ("b", "2")]))
    let op = OSDOp.encoded(.omapGetKeys) { writer in
      writer.write("")
      writer.write(UInt64(1))
    }
    var reader = WireReader(try #require(bench.ask("o", op)).ops[0].outdata)
    #expect(try reader.readArray { (r) throws(DecodeError) in try r.readString() } == ["a"])
    #expect(try reader.readBool())
  }

  @Test func `a header is raw bytes, an empty one marks the object all the same`() {
    #expect(bench.ask("o", OSDOp(.omapSetHeader))?.result == 0)
    #expect(bench.stats().values.first?.sum.objectsOmap == 1)
    bench.ask("o", OSDOp(.omapSetHeader, indata: BufferList(Array("head".utf8))))
    #expect(bench.ask("o", OSDOp(.omapGetHeader))?.text == "head")
    bench.ask("o", OSDOp(.omapClear))
    #expect(bench.ask("o", OSDOp(.omapGetHeader))?.text == "")
    #expect(bench.stats().values.first?.sum.objectsOmap == 0)
  }

  @Test(
    arguments: [
      ("1", 1, 0), ("2", 1, -125), ("0", 3, 0), ("1", 3, -125), ("2", 5, 0), ("1", 5, -125),
      ("1", 2, -22),
    ] as [(String, UInt32, Int32)])
  func `omap compares what is stored with what is sent`(
    sent: String, comparison: UInt32, result: Int32
  ) {
    bench.ask("o", strings(.omapSetValues, [("k", "1")]))
    let op = OSDOp.encoded(.omapCompare) { writer in
      writer.write(UInt32(1))
      writer.write("k")
      writer.write(sent)
      writer.write(comparison)
    }
    #expect(bench.ask("o", op)?.result == result)
  }

  @Test func `versions are asserted by users' counts`() {
    bench.ask("o", .writeFull("1"))
    bench.ask("o", .writeFull("2"))
    func assert(_ version: UInt64) -> Int32? {
      var op = OSDOp(.assertVersion)
      op.assertedVersion = version
      return bench.ask(bench.request("o", [op, .read()]))?.result
    }
    #expect(assert(2) == 0)
    #expect(assert(1) == -34)
    #expect(assert(3) == -75)
    #expect(assert(0) == -22)
  }

  @Test func `nobody watches, and there are no clones`() throws {
    bench.ask("o", .writeFull("123"))
    let watchers = try #require(bench.ask("o", OSDOp(.listWatchers)))
    #expect(watchers.ops[0].outdata.array == [1, 1, 4, 0, 0, 0, 0, 0, 0, 0])
    var snaps = bench.request("o", [OSDOp(.listSnaps)])
    #expect(bench.ask(snaps)?.result == -22)
    snaps = bench.request("o", [OSDOp(.listSnaps)])
    snaps.object.snap = .directory
    let reply = try #require(bench.ask(snaps))
    #expect(reply.result == 0)
    #expect(reply.ops[0].outdata.count == 6 + 4 + (6 + 8 + 4 + 4 + 8) + 8)
  }
}
