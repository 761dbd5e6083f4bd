import Buffers
import Messages
import ObjectStores
import RadosTypes
import Testing
import Wire

/// Objects that have clones, as stock primaries make them: their heads are not changed here.
@Suite struct ClonesTests {
  /// "o" has the clone 4, which serves snapshots 3 and 4, and shares all its data with the head.
  private func makeBench(_ flags: ObjectInfo.Flags = [], clones: Bool = true) throws -> Bench {
    let bench = Bench()
    bench.ask("o", .writeFull("some data"))
    var snapSet = SnapSet()
    snapSet.sequence = SnapID(7)
    if clones {
      snapSet.clones = [SnapID(4)]
      snapSet.cloneSnaps = [SnapID(4): [SnapID(4), SnapID(3)]]
      snapSet.cloneSize = [SnapID(4): 9]
      var overlap = IntervalSet()
      overlap.insert(0, length: 9)
      snapSet.cloneOverlap = [SnapID(4): overlap]
    }
    try bench.setAttributes(of: "o") { info in
      info.flags.formUnion(flags)
      if flags.contains(.whiteout) { info.size = 0 }
      return snapSet
    }
    try bench.restart()
    return bench
  }

  private func read(_ bench: Bench, at snap: UInt64) -> MOSDOpReply? {
    var request = bench.request("o", [.read()])
    request.object.snap = SnapID(snap)
    return bench.ask(request)
  }

  @Test(arguments: [
    OSDOp.write(2, "xx"), .writeFull("x"), .extent(.truncate, 3), .extent(.zero, 0, 4),
    .attribute(.setAttribute, "color", "red"), .omapSet(["key": "value"]), OSDOp(.delete),
  ])
  func `a head that has clones is not changed`(op: OSDOp) throws {
    let bench = try makeBench()
    #expect(bench.ask("o", op)?.result == -95)
    #expect(bench.ask("o", .read())?.text == "some data")
    var snaps = bench.request("o", [OSDOp(.listSnaps)])
    snaps.object.snap = .directory
    #expect(bench.ask(snaps)?.result == 0)
  }

  @Test func `what changes nothing, or fails by itself, is answered as ever`() throws {
    let bench = try makeBench()
    #expect(bench.ask("o", OSDOp(.create).with(.exclusive))?.result == -17)
    #expect(bench.ask("o", .extent(.stat))?.result == 0)
  }

  @Test func `a whiteout that has clones is neither written nor removed`() throws {
    let bench = try makeBench(.whiteout)
    #expect(bench.ask("o", .read())?.result == -2)
    #expect(bench.ask("o", .writeFull("x"))?.result == -95)
    #expect(bench.ask("o", OSDOp(.delete))?.result == -2)
    #expect(bench.ask("o", .read())?.result == -2)
  }

  @Test func `a whiteout without clones is an object again when it is written`() throws {
    let bench = try makeBench(.whiteout, clones: false)
    #expect(bench.ask("o", .read())?.result == -2)
    #expect(bench.ask("o", .append("new"))?.result == 0)
    #expect(bench.ask("o", .extent(.stat))?.result == 0)
    #expect(bench.ask("o", .read())?.text.hasPrefix("new") == true)
  }

  @Test func `a snapshot that a clone may hold is not said to be absent`() throws {
    let bench = try makeBench()
    for snap in [1, 3, 4] as [UInt64] { #expect(read(bench, at: snap)?.result == -95, "\(snap)") }
    // No clone is as new, and the head was changed after it.
    for snap in [5, 7] as [UInt64] { #expect(read(bench, at: snap)?.result == -2, "\(snap)") }
    #expect(read(bench, at: 8)?.text == "some data")
  }
}

extension Bench {
  /// Changes what the store has of an object behind the PG's back.
  fileprivate func setAttributes(
    of name: ByteString, _ change: @escaping (inout ObjectInfo) -> SnapSet
  ) throws {
    nonisolated(unsafe) let (store, change) = (store, change)
    let object = GHObject(request(name, []).object)
    nonisolated(unsafe) let collection = try #require(
      store.open(.pg(ShardPGID(PGID(pool: Self.pool, seed: 0)))))
    try run {
      let bytes = try #require(try await store.attribute("_", of: object, in: collection))
      var info = try ObjectInfo(wire: bytes)
      let snapSet = change(&info)
      var transaction = Transaction()
      transaction.setAttributes(
        object, in: collection.id,
        [NamedValue("_", info.wire), NamedValue("snapset", snapSet.wire)])
      if info.flags.contains(.whiteout) {
        transaction.truncate(object, in: collection.id, size: 0)
      }
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        store.queue(transaction, on: collection) { continuation.resume() }
      }
    }
  }
}
