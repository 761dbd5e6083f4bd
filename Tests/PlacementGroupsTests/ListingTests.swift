import ClusterMaps
import Messages
import RadosTypes
import Testing
import Wire

/// What clients are told of a PG's objects.
@Suite struct ListingTests {
  private func listing(from cursor: HObject, count: UInt64) -> OSDOp {
    var op = OSDOp.encoded(.pgNamespaceList) { writer in writer.write(cursor) }
    op.listing = (count: count, startEpoch: 0)
    return op
  }

  /// All names, page by page; the last cursor is behind the PG of this seed.
  private func names(
    count: UInt64, seed: UInt32, _ ask: (OSDOp) -> MOSDOpReply?
  ) throws -> [String] {
    var cursor = HObject.min
    var names: [String] = []
    while true {
      let reply = try #require(ask(listing(from: cursor, count: count)))
      #expect(reply.result >= 0)
      var reader = WireReader(reply.ops[0].outdata)
      let page = try reader.read(PGListResponse.self)
      #expect(page.objects.count <= count)
      names += page.objects.map(\.name.text)
      cursor = page.next
      guard reply.result == 1 else { continue }
      #expect(cursor.isMax || cursor.hash != seed)
      return names
    }
  }

  private func ask(
    _ bench: Bench, seed: UInt32, namespace: String = "", _ op: OSDOp
  ) -> MOSDOpReply? {
    var request = bench.request("", [op], namespace: namespace.name)
    request.pgID = ShardPGID(PGID(pool: Bench.pool, seed: seed))
    request.object.hash = seed
    return bench.ask(request)
  }

  @Test(arguments: [1, 3, 1000] as [UInt64])
  func `listings go through all objects of a namespace, whatever the page`(count: UInt64) throws {
    let bench = Bench(pgCount: 4)
    for number in 0..<40 {
      bench.send(bench.request("a\(number)".name, [.writeFull("x")]))
      bench.send(bench.request("b\(number)".name, [.writeFull("x")], namespace: "ns"))
    }
    bench.settle()
    for (namespace, prefixes) in [("", ["a"]), ("ns", ["b"]), ("\u{1}", ["a", "b"])] {
      let listed = try (0..<4).flatMap { seed in
        try names(count: count, seed: seed) { ask(bench, seed: seed, namespace: namespace, $0) }
      }
      let expected = prefixes.flatMap { prefix in (0..<40).map { "\(prefix)\($0)" } }
      #expect(listed.sorted() == expected.sorted())
    }
  }

  @Test func `filters and cursors of other pgs are refused`() throws {
    let bench = Bench(pgCount: 4)
    let filter = OSDOp.encoded(.pgNamespaceListFilter) { writer in writer.write("plain") }
    #expect(ask(bench, seed: 1, filter)?.result == -22)
    let elsewhere = HObject(pool: Bench.pool, hash: 3, name: "x")
    #expect(ask(bench, seed: 1, listing(from: elsewhere, count: 0))?.result == -22)
    #expect(ask(bench, seed: 1, OSDOp(.pgNamespaceList))?.result == -22)
  }

  @Test(arguments: [1, 2, 1000] as [UInt64])
  func `a primary lists what others still have for it, and not what it is to delete`(
    count: UInt64
  ) throws {
    let cluster = ClusterBench(seed: 37, osds: 2, size: 2)
    for number in 0..<6 {
      #expect(cluster.client.ask("old\(number)".name, .append("x"))?.result == 0)
    }
    cluster.kill(0)
    cluster.run(for: .seconds(40))
    for number in 0..<6 {
      #expect(cluster.client.ask("new\(number)".name, .append("x"))?.result == 0)
    }
    for number in 0..<3 {
      #expect(cluster.client.ask("old\(number)".name, OSDOp(.delete))?.result == 0)
    }
    #expect(cluster.client.ask("old3", .append("y"))?.result == 0)
    cluster.change { $0.flags.insert(.noRecover) }
    cluster.settle(.seconds(1))
    cluster.restart(0)
    cluster.settle(.seconds(10))
    #expect(cluster.map.placement(of: PGID(pool: ClusterBench.pool, seed: 0)).actingPrimary == 0)
    let expected = (3..<6).map { "old\($0)" } + (0..<6).map { "new\($0)" }
    let list = { try names(count: count, seed: 0) { cluster.client.ask("", $0) } }
    #expect(try list().sorted() == expected.sorted())
    cluster.change { $0.flags.remove(.noRecover) }
    cluster.settle(.seconds(10))
    #expect(cluster.states() == [.active.union(.clean)], "\(cluster.describe())")
    #expect(try list().sorted() == expected.sorted())
  }
}
