import Base
import Buffers
import ClusterMaps
import RadosTypes
import Testing
import Wire

@Suite struct OSDMapGoldenTests {
  @Test func `golden maps are read and written back byte for byte`() throws {
    let samples = Corpus.samples(ofType: "OSDMap")
    try #require(!samples.isEmpty, "\(Corpus.absence)")
    for (name, bytes) in samples {
      let map = try OSDMap(wire: ByteSlice(bytes))
      let written = try map.encoded(features: OSDMap.significantFeatures)
      #expect(written.bytes.array == bytes, "\(name)")
      #expect(written.checksum == map.checksum, "\(name)")
    }
    print("OSDMap: \(samples.count) golden maps")
  }

  @Test func `golden incrementals are read and written back byte for byte`() throws {
    let samples = Corpus.samples(ofType: "OSDMap__Incremental")
    try #require(!samples.isEmpty, "\(Corpus.absence)")
    for (name, bytes) in samples {
      let incremental = try OSDMap.Incremental(wire: ByteSlice(bytes))
      #expect(try incremental.encoded().bytes.array == bytes, "\(name)")
    }
    print("OSDMap.Incremental: \(samples.count) golden incrementals")
  }

  /// Captured between stock 16.2.15 daemons.
  @Test func `captured maps are read, applied in order and written back byte for byte`() throws {
    let messages = Corpus.fronts(ofMessage: "0029")
    try #require(!messages.isEmpty, "\(Corpus.absence)")
    var count = (full: 0, incremental: 0, applied: 0)
    for (name, front) in messages {
      let maps = try CapturedMaps(front: ByteSlice(front))
      var latest: OSDMap?
      for (epoch, bytes) in maps.full {
        let map = try OSDMap(wire: bytes)
        #expect(map.epoch == epoch)
        let written = try map.encoded(features: map.encodingFeatures)
        #expect(written.bytes == bytes, "\(name), map \(epoch)")
        latest = map
        count.full += 1
      }
      for (epoch, bytes) in maps.incremental {
        let incremental = try OSDMap.Incremental(wire: bytes)
        #expect(incremental.epoch == epoch)
        #expect(try incremental.encoded().bytes == bytes, "\(name), incremental \(epoch)")
        count.incremental += 1
        guard let before = latest, before.epoch + 1 == epoch else { continue }
        latest = try before.applying(incremental).map
        count.applied += 1
      }
    }
    print(
      "OSDMap: \(messages.count) captured messages, \(count.full) full maps, "
        + "\(count.incremental) incrementals, \(count.applied) applied with the monitor's checksum")
  }
}

/// The body of a captured `MOSDMap`: fsid, then maps of epoch to incremental and to full map.
struct CapturedMaps {
  var incremental: [(UInt32, ByteSlice)]
  var full: [(UInt32, ByteSlice)]

  init(front: ByteSlice) throws {
    var reader = WireReader(front)
    try reader.skip(16)
    incremental = try Self.read(from: &reader)
    full = try Self.read(from: &reader)
  }

  private static func read(from reader: inout WireReader) throws -> [(UInt32, ByteSlice)] {
    try reader.readArray(elementBytesMin: 8) { (reader) throws(DecodeError) in
      (try reader.read(UInt32.self), try reader.readBytes())
    }
  }
}
