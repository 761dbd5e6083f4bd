import Base
import Buffers
import ClusterMaps
import Foundation
import RadosTypes
import TestKit
import Testing
import Wire

@Suite struct OSDMapTests {
  /// After epoch 110: osd.2 stopped, osd.3 lost once, osd.0 an nvme under a class flag.
  private static func stockMap() throws -> OSDMap {
    var reader = WireReader(try GoldenFiles.read("epochs"))
    var map = OSDMap(OSDMap.Contents())
    while map.epoch < 110 {
      try reader.skip(4)
      map = try map.applying(OSDMap.Incremental(wire: try reader.readBytes())).map
    }
    return map
  }

  @Test func `the state of each OSD is what the monitor printed`() throws {
    let map = try Self.stockMap()
    #expect(map.description == "e110: 4 total, 3 up, 4 in")
    #expect(map.flags.text == "noout,sortbitwise,recovery_deletes,purged_snapdirs,pglog_hardlimit")
    #expect(map.upOSDs == [0, 1, 3])
    #expect(map.isStopped(2) && map.isDown(2) && map.isIn(2))
    #expect(map.weight(1) == 0x8000)
    #expect(map.primaryAffinity(0) == 0x4000)
    #expect(map.primaryAffinity(1) == 0x10000)
    #expect(map.upFrom(3) == 74 && map.info(3).lostAt == 66 && map.downAt(3) == 66)
    #expect("\(map.id(3))" == "a6e91ab9-cca3-4bf5-ae94-03248f95dcef")
    #expect(map.osd(withID: map.id(3)) == 3)
    let address = "[v2:127.0.0.1:6826/15023,v1:127.0.0.1:6827/15023]"
    #expect("\(map.clientAddresses(3))" == address)
    #expect("\(map.clusterAddresses(3))" == "[v2:127.0.0.1:6828/15023,v1:127.0.0.1:6829/15023]")
    #expect(map.osd(at: try #require(map.clientAddresses(3).v1)) == 3)
    #expect(map.hasBeenUp(3, since: 74) && !map.hasBeenUp(3, since: 73))
    #expect(map.fullRatio == 0.93 && map.backfillFullRatio == 0.88 && map.nearFullRatio == 0.81)
    #expect(map.requireOSDRelease == .pacific)
    #expect(map.upFeatures.contains(.serverPacific))
    #expect(map.poolID(named: "ec") == 3)
    #expect(map.pool(2)?.details.applications["rados"]?["colour"] == "green")
    #expect(map.pool(2)?.details.options.text(.compressionMode) == "force")
    #expect(map.pool(2)?.details.options.integer(.recoveryPriority) == 3)
    #expect(map.pool(2)?.details.options.real(.scrubMinInterval) == 3600)
  }

  @Test func `an OSD that is not there answers for nobody`() throws {
    let map = try Self.stockMap()
    for osd in [Int32.min, -1, 4, PGShard.noOSD] {
      #expect(!map.exists(osd) && !map.isUp(osd) && !map.isIn(osd) && !map.isDead(osd))
      #expect(map.clientAddresses(osd).isEmpty && map.weight(osd) == 0)
    }
    #expect(map.placement(of: PGID(pool: 99, seed: 0)) == PGPlacement())
    #expect(map.primaryShard(of: PGID(pool: 99, seed: 0)) == nil)
  }

  @Test func `flags hold OSDs for all, one, a bucket's or a class's`() throws {
    let map = try Self.stockMap()
    #expect(map.isHeld(1, .noOut))
    // `set-group nodown nvme`, and osd.0 is the only one.
    #expect(map.isHeld(0, .noDown))
    #expect(!map.isHeld(0, .noUp))
    var contents = map.contents
    contents.crushNodeFlags = [-1: OSDState.noIn.rawValue]
    #expect(OSDMap(contents).isHeld(3, .noIn))
  }

  @Test func `clients are blocked one by one, by host and by network`() throws {
    let map = try Self.stockMap()
    func isBlocked(_ text: String) throws -> Bool {
      map.isBlocked(EntityAddresses(try #require(EntityAddress(text))))
    }
    #expect(try isBlocked("v1:192.0.2.7:0/1234"))
    #expect(try !isBlocked("v1:192.0.2.7:0/1235"))
    #expect(try !isBlocked("v1:192.0.2.8:1000/1"))
    #expect(try isBlocked("v2:[2001:db8:1:2::9]:6800/77"))
    #expect(try !isBlocked("v2:[2001:db9::9]:6800/77"))
    #expect(try !isBlocked("v2:32.1.13.184:6800/77"))
    var contents = map.contents
    contents.blocklist[try #require(EntityAddress("any:192.0.2.9:0/0"))] = .zero
    contents.rangeBlocklist[try #require(EntityAddress("any:203.0.113.64:0/26")).network] = .zero
    let more = OSDMap(contents)
    #expect(more.isBlocked(try #require(EntityAddress("v2:192.0.2.9:3300/5"))))
    #expect(more.isBlocked(try #require(EntityAddress("v2:203.0.113.127:3300/5"))))
    #expect(!more.isBlocked(try #require(EntityAddress("v2:203.0.113.128:3300/5"))))
    #expect(more.newlyBlocked(since: map).map(\.description) == ["192.0.2.9:0/0"])
    #expect(OSDMap(OSDMap.Contents()).hasBlocklist == false)
  }

  @Test func `the stock tool reads our map of a cluster with blocked networks in stretch mode`()
    throws
  {
    var contents = try Self.stockMap().contents
    contents.stretch.isEnabled = true
    contents.stretch.bucketCount = 2
    contents.stretch.bucketType = 8
    let bytes = try contents.encoded(features: OSDMap.significantFeatures).bytes
    #expect(try OSDMap(wire: bytes).contents.stretch == contents.stretch)
    let folder = try ScratchFolder()
    let path = try folder.write(bytes.array, as: "map")
    let output = try StockTool.osdmaptool.get().run(["--print", path], in: folder)
    #expect(output.contains("range blocklist cidr:[2001:db8::]:0/32 expires"))
    #expect(output.contains("stretch_mode_enabled true"))
    #expect(output.contains("stretch_bucket_count 2"))
    #expect(output.contains("osd.2 down in  weight 1 primary_affinity 0 up_from 7"))
  }

  @Test func `an incremental that does not belong is refused`() throws {
    let map = try Self.stockMap()
    var incremental = OSDMap.Incremental(epoch: 112)
    incremental.clusterID = map.clusterID
    #expect(throws: OSDMapError.notNext(epoch: 110, incremental: 112)) {
      try map.applying(incremental)
    }
    incremental.epoch = 111
    incremental.newWeight[4] = 1
    #expect(throws: OSDMapError.noSuchOSD(4)) { try map.applying(incremental) }
    incremental.newWeight = [:]
    incremental.newOSDMax = .max
    #expect(throws: OSDMapError.noSuchOSD(.max)) { try map.applying(incremental) }
    incremental.newOSDMax = -1
    incremental.fullChecksum = 7
    #expect(throws: OSDMapError.self) { try map.applying(incremental) }
    incremental.clusterID = UniqueID(high: 1, low: 2)
    #expect(throws: OSDMapError.otherCluster(UniqueID(high: 1, low: 2), ours: map.clusterID)) {
      try map.applying(incremental)
    }
    incremental.clusterID = map.clusterID
    incremental.encodeFeatures = [.pgID64]
    #expect(throws: OSDMapError.readerTooOld([.pgID64])) { try map.applying(incremental) }
  }

  @Test func `what did not change is shared with the map before`() throws {
    let map = try Self.stockMap()
    var next = map.contents
    var incremental = OSDMap.Incremental(epoch: 111)
    incremental.clusterID = map.clusterID
    incremental.newWeight[0] = 0x8000
    try next.apply(incremental)
    #expect(next.crush === map.contents.crush)
    #expect(map.weight(0) == 0x10000 && OSDMap(next).weight(0) == 0x8000)
  }

  @Test func `the admin socket shows whom the cluster blocks`() throws {
    var writer = JSONWriter(pretty: false)
    try Self.stockMap().writeBlocklist(to: &writer)
    #expect(
      writer.finish().hasPrefix(
        #"[{"entity_addr_t":{"type":"any","addr":"192.0.2.7:0","nonce":1234},"expire_time":"2026"#))
  }
}

extension EntityAddress {
  /// The same address as one for a network, whose nonce is its length in bits.
  fileprivate var network: EntityAddress {
    var copy = self
    copy.kind = .network
    return copy
  }
}
