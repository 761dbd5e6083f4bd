import Base
import Buffers
import ClusterMaps
import RadosTypes
import TestKit
import Testing
import Wire

@Suite struct OSDMapGoldenTests {
  @Test func `golden maps are read and written back byte for byte`() throws {
    let samples = GoldenSamples.valuesOrExcuse(of: "OSDMap")
    for (name, bytes) in samples {
      let map = try OSDMap(wire: bytes)
      let written = try map.encoded(features: OSDMap.significantFeatures)
      #expect(written.bytes == bytes, "\(name)")
      #expect(written.checksum == map.checksum, "\(name)")
    }
    print("OSDMap: \(samples.count) golden maps")
  }

  @Test func `golden incrementals are read and written back byte for byte`() throws {
    let samples = GoldenSamples.valuesOrExcuse(of: "OSDMap__Incremental")
    for (name, bytes) in samples {
      let incremental = try OSDMap.Incremental(wire: bytes)
      #expect(try incremental.encoded().bytes == bytes, "\(name)")
    }
    print("OSDMap.Incremental: \(samples.count) golden incrementals")
  }

  @Test func `a monitor's incrementals make its maps, checksum for checksum`() throws {
    var reader = WireReader(try GoldenFiles.read("epochs"))
    var map = OSDMap(OSDMap.Contents())
    while !reader.isAtEnd {
      let epoch = try reader.read(UInt32.self)
      let bytes = try reader.readBytes()
      let incremental = try OSDMap.Incremental(wire: bytes)
      #expect(incremental.epoch == epoch)
      #expect(try incremental.encoded().bytes == bytes, "incremental \(epoch)")
      let (next, full) = try map.applying(incremental)
      let read = try OSDMap(wire: full)
      #expect(read.checksum == incremental.fullChecksum)
      #expect(try read.encoded(features: incremental.encodeFeatures).bytes == full, "map \(epoch)")
      map = next
    }
    #expect(map.epoch == 114)
    print("OSDMap: \(map.epoch) epochs of a monitor applied, each with its checksum")
  }

  /// Captured between stock 16.2.15 daemons: few of them follow on one another.
  @Test func `captured maps are read and written back byte for byte`() throws {
    var count = (full: 0, incremental: 0, applied: 0)
    for (name, front) in Self.capturedMessages {
      let maps = try CapturedMaps(front: front)
      var latest: OSDMap?
      for (epoch, bytes) in maps.full {
        let map = try OSDMap(wire: bytes)
        #expect(map.epoch == epoch)
        #expect(
          try map.encoded(features: map.encodingFeatures).bytes == bytes, "\(name), map \(epoch)")
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
      "OSDMap: captured \(count.full) full maps, \(count.incremental) incrementals, "
        + "\(count.applied) applied")
  }

  private static var capturedMessages: [(name: String, bytes: ByteSlice)] {
    guard let corpus = GoldenSamples.corpus else { return [] }
    return GoldenSamples.files(in: corpus.appending(path: "messages/0029"))
      .filter { $0.name.hasSuffix(".front") }
  }
}

/// The body of a captured `MOSDMap`: fsid, then maps of epoch to incremental and to full map.
private struct CapturedMaps {
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
