import Buffers
import Foundation
import Testing
import Wire

/// Samples that Ceph wrote, where `LOLIGO_CORPUS` says or beside the checkout.
enum Golden {
  static let root: String =
    ProcessInfo.processInfo.environment["LOLIGO_CORPUS"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../shared/corpus").standardized.path

  /// The samples of a type; empty, with a line that says so, where there are none.
  static func samples(_ type: String) -> [ByteSlice] {
    let folder = root + "/types/" + type
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    if names.isEmpty { print("golden samples of \(type) are absent: set LOLIGO_CORPUS") }
    return names.sorted().compactMap { FileManager.default.contents(atPath: folder + "/" + $0) }
      .map { ByteSlice($0) }
  }
}

/// Decodes every sample to its last byte, encodes it back, and feeds the decoder what a peer might.
func checkGolden<Value: WireCodable>(
  _ type: String, as _: Value.Type, isOurVersion: (ByteSlice) -> Bool = { _ in true }
) throws {
  var same = 0
  let samples = Golden.samples(type)
  for sample in samples {
    var reader = WireReader(sample)
    let value = try Value(from: &reader)
    #expect(reader.isAtEnd, "\(type): \(reader.remaining) bytes left")
    if isOurVersion(sample) {
      #expect(value.wire == sample)
      same += 1
    }
    for length in 0..<min(sample.count, 4096) {
      #expect(throws: DecodeError.self) { try Value(wire: sample.prefix(length)) }
    }
  }
  mutate(samples) { _ = try? Value(wire: $0) }
  print("golden \(type): \(samples.count) decoded, \(same) encoded back")
}

/// Calls `body` with 10,000 damaged samples; it must only not trap.
func mutate(_ samples: [ByteSlice], count: Int = 10_000, seed: UInt64 = 1, _ body: (ByteSlice) -> Void) {
  var random = SystemSeeded(state: seed)
  for _ in 0..<(samples.isEmpty ? 0 : count) {
    var bytes = samples[Int(random.next() % UInt64(samples.count))].array
    for _ in 0..<(1 + random.next() % 4) where !bytes.isEmpty {
      let at = Int(random.next() % UInt64(bytes.count))
      switch random.next() % 4 {
      case 0: bytes[at] ^= 1 << UInt8(random.next() % 8)
      case 1: bytes[at] = UInt8(truncatingIfNeeded: random.next())
      case 2: bytes[at] = 0xff
      default: bytes.removeLast(min(bytes.count, Int(random.next() % 8)))
      }
    }
    body(ByteSlice(bytes))
  }
}

private struct SystemSeeded {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 17
  }
}
