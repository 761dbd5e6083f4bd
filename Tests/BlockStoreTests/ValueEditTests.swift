import Base
import Testing
import Wire

@testable import BlockStore

/// What the log has of a value that changed a little.
@Suite struct ValueEditTests {
  private func encoded(_ value: [UInt8], over old: [UInt8]) -> [UInt8]? {
    let buffer = EncodeBuffer()
    buffer.put(UInt8(1))
    let isShorter = ValueEdit.encode(value, over: old, buffer)
    #expect(buffer.count == 1 || isShorter)
    return isShorter ? Array(buffer.array.dropFirst()) : nil
  }

  @Test func aChangedByteTakesFew() throws {
    let old = [UInt8](0..<200)
    var value = old
    value[100] = 7
    let edit = try #require(encoded(value, over: old))
    #expect(edit == [200, 1, 100, 1, 7, 99, 0])
    #expect(try ValueEdit.apply(edit, to: old) == value)
  }

  @Test func neighboursAreToldTogether() throws {
    let old = [UInt8](repeating: 1, count: 100)
    var value = old
    for place in [10, 12, 15, 40] { value[place] = 2 }
    let edit = try #require(encoded(value, over: old))
    #expect(edit == [100, 10, 6, 2, 1, 2, 1, 1, 2, 24, 1, 2, 59, 0])
  }

  @Test func whatIsOfAnotherKindIsNotEdited() {
    let old = [UInt8](repeating: 1, count: 100)
    #expect(encoded([UInt8](repeating: 2, count: 100), over: old) == nil)
    #expect(encoded([1, 2, 3], over: [1, 2, 4]) == nil)
  }

  @Test func anyValueIsMadeOfAnyOther() throws {
    var random = SeededRandom(seed: 11)
    var edits = 0
    for _ in 0..<4000 {
      let old = (0..<Int.random(in: 0...300, using: &random)).map { UInt8($0 & 0xff) }
      var value = old
      for _ in 0..<Int.random(in: 0...4, using: &random) where !value.isEmpty {
        value[Int.random(in: 0..<value.count, using: &random)] &+= 1
      }
      switch Int.random(in: 0..<4, using: &random) {
      case 0: value.removeLast(min(value.count, Int.random(in: 0...40, using: &random)))
      case 1: value += [UInt8](repeating: 9, count: Int.random(in: 0...40, using: &random))
      default: break
      }
      guard let edit = encoded(value, over: old) else { continue }
      edits += 1
      #expect(edit.count <= value.count / 2 + 1)
      #expect(try ValueEdit.apply(edit, to: old) == value)
    }
    #expect(edits > 2000)
  }

  @Test func whatIsDamagedIsRefused() {
    let old = [UInt8](repeating: 1, count: 100)
    for bad in [[], [100], [100, 101, 0], [100, 0, 0], [100, 50, 2, 1], [100, 100, 0, 1]] {
      let bad = bad.map { UInt8($0) }
      #expect(throws: DecodeError.self) { try ValueEdit.apply(bad, to: old) }
    }
  }
}
