import Base
import Buffers
import Foundation
import Wire

/// What every decoder must survive: samples cut short, and samples with bytes changed.
///
/// Cut short they must throw; changed they must throw or return. A trap ends the test process, which is
/// how a test sees it. `LOLIGO_FUZZ_MUTATIONS` says how many mutations each decoder gets.
package struct DecoderTorture: Sendable {
  package let name: String
  /// How many bytes at the end a value can do without: optional fields of unframed messages.
  package var optionalTail: Int
  private let decode: @Sendable (ByteSlice) throws(DecodeError) -> Void

  /// Samples up to this size are cut at every byte, larger ones at 256 places.
  package static let everyCutMax = 4096
  package static let cutsOfLarger = 256

  package init(
    _ name: String, optionalTail: Int = 0,
    decode: @escaping @Sendable (ByteSlice) throws(DecodeError) -> Void
  ) {
    self.name = name
    self.optionalTail = optionalTail
    self.decode = decode
  }

  package init<Value: WireDecodable & SendableMetatype>(_ name: String, _: Value.Type) {
    self.init(name) { (bytes) throws(DecodeError) in _ = try Value(wire: bytes) }
  }

  package static let mutationCount: Int = {
    ProcessInfo.processInfo.environment["LOLIGO_FUZZ_MUTATIONS"].flatMap { Int($0) } ?? 10_000
  }()

  /// The cuts that did not throw, in words; empty is right.
  package func cut(_ samples: [ByteSlice], seed: UInt64 = 1) -> [String] {
    var random = SeededRandom(seed: seed)
    var faults: [String] = []
    for sample in samples {
      let longest = sample.count - optionalTail
      guard longest > 0 else { continue }
      let lengths =
        longest <= Self.everyCutMax
        ? Array(0..<longest)
        : (0..<Self.cutsOfLarger).map { _ in Int.random(in: 0..<longest, using: &random) }
      for length in lengths {
        do throws(DecodeError) {
          // A copy of its own, so that a read past the end would be seen by sanitizers too.
          try decode(ByteSlice(sample.prefix(length).array))
          faults.append("\(name): \(length) of \(sample.count) bytes decoded")
        } catch {}
      }
    }
    return faults
  }

  /// Decodes `count` changed samples; returns how many were refused.
  @discardableResult
  package func mutate(
    _ samples: [ByteSlice], count: Int = mutationCount, seed: UInt64 = 2
  ) -> Int {
    var random = SeededRandom(seed: seed)
    var refused = 0
    let usable = samples.filter { !$0.isEmpty }
    guard !usable.isEmpty else { return 0 }
    for index in 0..<count {
      let mutant = Self.mutant(of: usable[index % usable.count].array, using: &random)
      do throws(DecodeError) { try decode(ByteSlice(mutant)) } catch { refused += 1 }
    }
    return refused
  }

  /// Numbers that decoders get wrong: ends of ranges, signs, lengths of everything.
  private static let edges: [UInt32] = [
    0, 1, 2, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
    0x1000_0000, 0x0fff_ffff,
  ]

  private static func mutant(of sample: [UInt8], using random: inout SeededRandom) -> [UInt8] {
    var bytes = sample
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 2: overwrite(&bytes, at: at, with: edges.randomElement(using: &random) ?? 0)
      case 3: overwrite(&bytes, at: at, with: UInt32(truncatingIfNeeded: bytes.count - at))
      case 4:
        bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...9, using: &random)))
      default:
        let end = min(bytes.count, at + Int.random(in: 1...17, using: &random))
        bytes.insert(contentsOf: Array(bytes[at..<end]), at: at)
      }
    }
    return bytes
  }

  private static func overwrite(_ bytes: inout [UInt8], at: Int, with value: UInt32) {
    for index in 0..<min(4, bytes.count - at) {
      bytes[at + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))
    }
  }
}

/// The most memory this process has had, in bytes: to see that no declared count makes a decoder take
/// what no input of its size could fill.
package func peakResidentBytes() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Int(usage.ru_maxrss) * 1024
}
