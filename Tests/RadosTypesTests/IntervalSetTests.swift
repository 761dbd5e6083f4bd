import Base
import RadosTypes
import Testing
import Wire

@Suite struct IntervalSetTests {
  @Test func `neighbours join and holes stay`() {
    var set = IntervalSet()
    set.insert(0, length: 4)
    set.insert(8, length: 2)
    set.insert(4, length: 1)
    #expect("\(set)" == "[0~5,8~2]")
    set.insert(3, length: 6)
    #expect("\(set)" == "[0~10]")
    set.remove(2, length: 3)
    #expect("\(set)" == "[0~2,5~5]")
  }

  @Test(arguments: 0..<20)
  func `a set does what a set of numbers does`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var set = IntervalSet()
    var other = IntervalSet()
    var plain: Set<UInt64> = []
    var otherPlain: Set<UInt64> = []
    for _ in 0..<60 {
      let start = UInt64.random(in: 0..<64, using: &random)
      let length = UInt64.random(in: 0..<9, using: &random)
      if Bool.random(using: &random) {
        set.insert(start, length: length)
        plain.formUnion(start..<start + length)
      } else {
        set.remove(start, length: length)
        plain.subtract(start..<start + length)
        other.insert(start, length: length)
        otherPlain.formUnion(start..<start + length)
      }
      #expect((0..<80).filter { set.contains($0) } == plain.sorted())
      #expect(set.count == UInt64(plain.count))
      let wanted = !plain.isDisjoint(with: start..<start + length)
      #expect(set.intersects(start, length: length) == wanted)
    }
    let both = set.intersection(other)
    #expect((0..<80).filter { both.contains($0) } == plain.intersection(otherPlain).sorted())
    set.subtract(other)
    #expect((0..<80).filter { set.contains($0) } == plain.subtracting(otherPlain).sorted())
    #expect(try IntervalSet(wire: set.wire) == set)
  }

  @Test func `what overlaps or wraps is refused`() {
    let bad: [[UInt64]] = [[5, 0], [5, .max], [0, 4, 3, 2]]
    for numbers in bad {
      var writer = WireWriter()
      writer.write(UInt32(numbers.count / 2))
      for number in numbers { writer.write(number) }
      let bytes = writer.finish()
      #expect(throws: DecodeError.self) { try IntervalSet(wire: bytes) }
    }
  }
}
