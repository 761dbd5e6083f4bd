import Buffers
import Messages
import RadosTypes
import Testing
import Wire

/// What ops on data answer. The facts are those of a stock 16.2 OSD (PrimaryLogPG.cc, and asked live).
@Suite struct DataOpsTests {
  let bench = Bench()

  private func size(_ name: ByteString) -> UInt64? {
    guard let reply = bench.ask(name, OSDOp(.stat)), reply.result == 0 else { return nil }
    var reader = WireReader(reply.ops[0].outdata)
    return try? reader.read(UInt64.self)
  }

  private func text(_ name: ByteString) -> String? { bench.ask(name, .read()).map(\.text) }

  @Test func `reads are cut at the end and clipped to nothing past it`() {
    bench.ask("o", .writeFull("0123456789"))
    #expect(bench.ask("o", .read(2, 3))?.text == "234")
    #expect(bench.ask("o", .read(8, 100))?.text == "89")
    #expect(bench.ask("o", .read(10, 5))?.text == "")
    #expect(bench.ask("o", .read(100, 5))?.result == 0)
    #expect(bench.ask("o", .extent(.syncRead, 0, 0))?.text == "0123456789")
    #expect(bench.ask("absent", .read())?.result == -2)
  }

  @Test func `a write leaves what is around it, zeros before it, and extends`() {
    bench.ask("o", .write(4, "abc"))
    #expect(text("o") == "\0\0\0\0abc")
    bench.ask("o", .write(1, "x"))
    #expect(text("o") == "\0x\0\0abc")
    bench.ask("o", .writeFull("new"))
    #expect(text("o") == "new")
    bench.ask("o", .append("er"))
    #expect(text("o") == "newer")
  }

  @Test func `a write of nothing past the end extends and creates`() {
    #expect(bench.ask("o", .write(7, ""))?.result == 0)
    #expect(size("o") == 7)
  }

  @Test func `zero to the end shrinks, past the end and of what is absent does nothing`() {
    bench.ask("o", .writeFull("0123456789"))
    #expect(bench.ask("o", .extent(.zero, 2, 3))?.result == 0)
    #expect(text("o") == "01\0\0\056789")
    #expect(bench.ask("o", .extent(.zero, 4, 6))?.result == 0)
    #expect(size("o") == 4)
    #expect(bench.ask("o", .extent(.zero, 4, 6))?.result == 0)
    #expect(size("o") == 4)
    #expect(bench.ask("absent", .extent(.zero, 0, 6))?.result == 0)
    #expect(size("absent") == nil)
    #expect(bench.ask("o", .extent(.zero, 1, 0))?.result == -22)
  }

  @Test func `truncate cuts and extends, but makes nothing`() {
    bench.ask("o", .writeFull("0123456789"))
    bench.ask("o", .extent(.truncate, 3))
    #expect(text("o") == "012")
    bench.ask("o", .extent(.truncate, 5))
    #expect(text("o") == "012\0\0")
    #expect(bench.ask("absent", .extent(.truncate, 3))?.result == 0)
    #expect(size("absent") == nil)
  }

  @Test func `create makes an empty object, and exclusively only once`() {
    #expect(bench.ask("o", OSDOp(.create).with(.exclusive))?.result == 0)
    #expect(size("o") == 0)
    #expect(bench.ask("o", OSDOp(.create).with(.exclusive))?.result == -17)
    #expect(bench.ask("o", OSDOp(.create))?.result == 0)
    let both = bench.request("o", [OSDOp(.delete), OSDOp(.create).with(.exclusive)])
    #expect(bench.ask(both)?.result == 0)
  }

  @Test func `writesame repeats its pattern and wants whole ones`() {
    var op = OSDOp(.writeSame, indata: BufferList(Array("ab".utf8)))
    op.writeSame = (offset: 1, length: 6, dataLength: 2)
    #expect(bench.ask("o", op)?.result == 0)
    #expect(text("o") == "\0ababab")
    op.writeSame = (offset: 0, length: 5, dataLength: 2)
    #expect(bench.ask("o", op)?.result == -22)
    op.writeSame = (offset: 0, length: 4, dataLength: 4)
    #expect(bench.ask("o", op)?.result == -22)
    op.writeSame = (offset: 0, length: 1 << 40, dataLength: 2)
    #expect(bench.ask("o", op)?.result == -27)
  }

  @Test func `lengths must be those of the data, and sizes within bounds`() {
    var lying = OSDOp.write(0, "abc")
    lying.extent.length = 2
    #expect(bench.ask("o", lying)?.result == -22)
    #expect(bench.ask("o", .write(128 << 20, "a"))?.result == -27)
    #expect(bench.ask("o", .write((128 << 20) - 1, "ab"))?.result == -27)
    #expect(bench.ask("o", .write(.max, "ab"))?.result == -27)
    #expect(bench.ask("o", .extent(.truncate, 128 << 20))?.result == 0)
    bench.ask("o", OSDOp(.create))
    #expect(bench.ask("o", .extent(.truncate, 128 << 20))?.result == -27)
  }

  @Test func `stat tells size and the client's time`() throws {
    bench.ask("o", .writeFull("12345"))
    let reply = try #require(bench.ask("o", OSDOp(.stat)))
    var reader = WireReader(reply.ops[0].outdata)
    #expect(try reader.read(UInt64.self) == 5)
    #expect(try UTime(from: &reader) == UTime(seconds: 100))
  }

  @Test func `sparse read and mapext tell where data is`() throws {
    bench.ask("o", .write(0, "abc"))
    bench.ask("o", .write(1 << 20, "def"))
    let reply = try #require(bench.ask("o", .extent(.sparseRead, 0, 2 << 20)))
    #expect(reply.result == 0)
    var reader = WireReader(reply.ops[0].outdata)
    let extents = try reader.readMap({ (r) throws(DecodeError) in try r.read(UInt64.self) }) {
      (r) throws(DecodeError) in try r.read(UInt64.self)
    }
    let data = try reader.readBytes()
    #expect(extents.values.reduce(0, +) == UInt64(data.count))
    #expect(data.text.hasPrefix("abc") && data.text.hasSuffix("def"))
    let map = try #require(bench.ask("o", .extent(.mapExtents, 0, 2 << 20)))
    var mapReader = WireReader(map.ops[0].outdata)
    #expect(try mapReader.read(UInt32.self) == UInt32(extents.count))
    var cephFS = OSDOp.extent(.sparseRead, 0, 3)
    cephFS.extent.truncateSequence = 2
    #expect(bench.ask("o", cephFS)?.result == -22)
  }

  @Test func `cmpext compares, and tells where it differs`() {
    bench.ask("o", .writeFull("abcdef"))
    #expect(bench.ask("o", .data(.compareExtent, 2, Array("cde".utf8)))?.result == 0)
    #expect(bench.ask("o", .data(.compareExtent, 2, Array("cdX".utf8)))?.result == -4097)
    #expect(bench.ask("o", .data(.compareExtent, 5, Array("f\0\0".utf8)))?.result == 0)
    #expect(bench.ask("absent", .data(.compareExtent, 0, [1]))?.result == -2)
    let guarded = bench.request(
      "o", [.data(.compareExtent, 0, Array("x".utf8)), .write(0, "zzz")])
    #expect(bench.ask(guarded)?.result == -4095)
    #expect(text("o") == "abcdef")
  }

  /// Values of xxHash's and crc32c's published vectors.
  @Test(arguments: [
    (0 as UInt8, 4, 0x32d1_53ff as UInt64), (1, 8, 0x44bc_2cf5_ad77_0999), (2, 4, 0x364b_3fb7),
  ])
  func `checksums are those of the algorithms`(type: UInt8, width: Int, expected: UInt64) throws {
    bench.ask("o", .writeFull("abc"))
    var op = OSDOp(
      .checksum, indata: BufferList([UInt8](repeating: type == 2 ? 0xff : 0, count: width)))
    op.checksum = (offset: 0, length: 0, chunkSize: 0, type: type)
    let reply = try #require(bench.ask("o", op))
    #expect(reply.result == 0)
    var reader = WireReader(reply.ops[0].outdata)
    #expect(try reader.read(UInt32.self) == 1)
    let value = width == 8 ? try reader.read(UInt64.self) : UInt64(try reader.read(UInt32.self))
    // The vectors of crc32c have all bits turned at the end.
    #expect(value == (type == 2 ? expected ^ 0xffff_ffff : expected))
  }

  @Test func `checksums of chunks want whole ones, a start value and a known kind`() throws {
    bench.ask("o", .writeFull("abcdefgh"))
    var op = OSDOp(.checksum, indata: BufferList([UInt8](repeating: 0, count: 4)))
    op.checksum = (offset: 0, length: 8, chunkSize: 4, type: 2)
    #expect(bench.ask("o", op)?.ops[0].outdata.count == 4 + 2 * 4)
    op.checksum = (offset: 0, length: 0, chunkSize: 4, type: 2)
    #expect(bench.ask("o", op)?.result == -22)
    op.checksum = (offset: 0, length: 8, chunkSize: 3, type: 2)
    #expect(bench.ask("o", op)?.result == -22)
    op.checksum = (offset: 0, length: 8, chunkSize: 4, type: 9)
    #expect(bench.ask("o", op)?.result == -22)
    op.indata = BufferList()
    op.checksum = (offset: 0, length: 8, chunkSize: 4, type: 2)
    #expect(bench.ask("o", op)?.result == -22)
  }

  @Test func `a truncation that CephFS sent later is done first, an older write after it is cut`() {
    bench.ask("o", .writeFull("0123456789"))
    var early = OSDOp.write(2, "ab")
    early.extent.truncateSequence = 5
    early.extent.truncateSize = 3
    #expect(bench.ask("o", early)?.result == 0)
    #expect(text("o") == "01ab")
    var late = OSDOp.write(2, "XYZ")
    late.extent.truncateSequence = 4
    late.extent.truncateSize = 9
    #expect(bench.ask("o", late)?.result == 0)
    #expect(text("o") == "01XY")
    var huge = OSDOp.write(0, "a")
    huge.extent.truncateSequence = 9
    huge.extent.truncateSize = 1 << 50
    #expect(bench.ask("o", huge)?.result == -27)
  }

  @Test func `what is not offered is refused at once`() {
    bench.ask("o", .writeFull("x"))
    for code in [
      OpCode.watch, .copyFrom, .rollback, .tmapPut, .undirty, .notify, .copyGet, .setRedirect,
    ] {
      #expect(bench.ask("o", OSDOp(code))?.result == -95, "\(code)")
    }
    func call(_ name: String) -> Int32? {
      var op = OSDOp(.call, indata: BufferList(Array((name + "get").utf8)))
      op.callCounts = (className: UInt8(name.utf8.count), method: 3, input: 0)
      return bench.ask("o", op)?.result
    }
    #expect(call("lock") == -95)
    #expect(call("nosuch") == -1)
    #expect(bench.ask("o", OSDOp(rawCode: 0x12ff))?.result == -95)
    #expect(bench.ask("o", OSDOp(rawCode: 0x0001))?.result == -22)
    #expect(bench.ask(bench.request("o", []))?.result == -22)
  }

  @Test func `names have bounds`() {
    func name(_ count: Int) -> ByteString { ByteString([UInt8](repeating: 97, count: count)) }
    #expect(bench.ask(name(2048), .writeFull("x"))?.result == 0)
    #expect(bench.ask(name(2049), .writeFull("x"))?.result == -36)
    #expect(bench.ask(bench.request("o", [.read()], namespace: name(257)))?.result == -36)
    #expect(bench.ask(bench.request("o", [.read()], key: name(2049)))?.result == -36)
    #expect(bench.ask("", .writeFull("x"))?.result == -22)
  }
}
