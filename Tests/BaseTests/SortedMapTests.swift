import Base
import Testing

@Suite struct SortedMapTests {
  @Test(arguments: 1...6)
  func `does what a dictionary and sorting do`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var map = SortedMap<Int, Int>()
    var model: [Int: Int] = [:]
    let keys = 0..<(seed % 2 == 0 ? 3000 : 300)
    for step in 0..<4000 {
      let key = Int.random(in: keys, using: &random)
      switch Int.random(in: 0..<20, using: &random) {
      case 0:
        let to = key + Int.random(in: -5...(keys.count / 4), using: &random)
        map.removeRange(from: key, to: Bool.random(using: &random) ? to : min(to, keys.upperBound))
        model = model.filter { !(key <= $0.key && $0.key < to) }
      case 1..<5:
        #expect(map.removeValue(of: key) == model.removeValue(forKey: key))
      default:
        map[key] = step
        model[key] = step
      }
      #expect(map.count == model.count)
      #expect(map[key] == model[key])
      if step % 100 == 0 {
        #expect(map.map(\.key) == model.keys.sorted())
        #expect(map.map(\.value) == model.sorted { $0.key < $1.key }.map(\.value))
      }
      let lower = map.lowerBound(key)
      let next = model.keys.filter { $0 >= key }.min()
      #expect((lower == map.end ? nil : map[lower].key) == next)
      #expect(map.place(before: lower).map { map[$0].key } == model.keys.filter { $0 < key }.max())
    }
  }

  @Test func `a copy stays as it was`() {
    var map = SortedMap<Int, String>()
    for key in 0..<1000 { map[key] = "old" }
    let copy = map
    for key in stride(from: 0, to: 1000, by: 3) { map[key] = "new" }
    map.removeRange(from: 500, to: nil)
    #expect(copy.count == 1000)
    #expect(copy.allSatisfy { $0.value == "old" })
    #expect(map.count == 500)
    #expect(map.first?.key == 0 && map.last?.key == 499)
  }
}
