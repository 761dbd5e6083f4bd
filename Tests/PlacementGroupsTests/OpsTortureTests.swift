import Base
import Buffers
import Messages
import PlacementGroups
import RadosTypes
import TestKit
import Testing
import Wire

/// Any ops, with any numbers and any bytes: each is answered, nothing traps, and the store never gets a
/// transaction that it must fail.
@Suite struct OpsTortureTests {
  private static let codes = OpCode.allCases.map(\.rawValue)

  private func randomOp(_ random: inout SeededRandom) -> OSDOp {
    let code =
      UInt64.random(in: 0..<20, using: &random) == 0
      ? UInt16(truncatingIfNeeded: random.next()) : Self.codes.randomElement(using: &random)!
    let count = Int([0, 1, 4, 8, 12, 40].randomElement(using: &random)!)
    var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() & 3) }
    if UInt64.random(in: 0..<4, using: &random) == 0 {
      for at in bytes.indices { bytes[at] = 0xff }
    }
    var op = OSDOp(rawCode: code, indata: BufferList(bytes))
    let sizes: [UInt64] = [0, 1, 3, 8, 4096, 1 << 20, 128 << 20, 1 << 32, 1 << 62, .max]
    op.flags = OpFlags(rawValue: UInt32(truncatingIfNeeded: random.next() & 3))
    switch UInt64.random(in: 0..<6, using: &random) {
    case 0...2:
      op.extent = OSDOp.Extent(
        offset: sizes.randomElement(using: &random)!, length: UInt64(count))
    case 3:
      op.extent = OSDOp.Extent(
        offset: sizes.randomElement(using: &random)!, length: sizes.randomElement(using: &random)!)
      op.extent.truncateSize = sizes.randomElement(using: &random)!
      op.extent.truncateSequence = UInt32(truncatingIfNeeded: random.next() & 3)
    case 4:
      op.attribute = OSDOp.Attribute(
        nameCount: UInt32(truncatingIfNeeded: random.next() & 7),
        valueCount: UInt32(truncatingIfNeeded: random.next() & 7),
        comparison: UInt8(truncatingIfNeeded: random.next() & 7),
        mode: UInt8(truncatingIfNeeded: random.next() & 3))
    default:
      op.checksum = (
        offset: sizes.randomElement(using: &random)!, length: sizes.randomElement(using: &random)!,
        chunkSize: UInt32(truncatingIfNeeded: random.next() & 0xf), type: UInt8(random.next() & 3)
      )
    }
    return op
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `whatever is asked is answered`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bench = Bench(seed: seed, pgCount: 2, isSlow: seed % 2 == 1)
    let count = DecoderTorture.mutationCount / 8
    var asked: [UInt64] = []
    for number in 0..<count {
      let ops = (0..<UInt64.random(in: 0..<4, using: &random)).map { _ in randomOp(&random) }
      var request = bench.request("o\(UInt64.random(in: 0..<6, using: &random))".name, ops)
      if UInt64.random(in: 0..<10, using: &random) == 0 {
        // Without the orders to drop what is sent to a full pool and the like, all else is answered.
        request.flags = RequestFlags(rawValue: UInt32(truncatingIfNeeded: random.next()))
        request.flags.remove(.retry)
      }
      if UInt64.random(in: 0..<10, using: &random) == 0 {
        request.snapContext = SnapContext(
          sequence: SnapID(random.next() & 7), snaps: [SnapID(random.next() & 7)])
        request.object.snap = SnapID(random.next() & 7)
      }
      asked.append(request.tid)
      bench.send(request)
      if number % 16 == 0 { bench.settle() }
    }
    bench.settle()
    let answered = Set(bench.client.replies.map(\.tid))
    #expect(asked.filter { !answered.contains($0) }.isEmpty)
  }
}
