import Buffers
import RadosTypes
import Testing

@testable import Scrubbing

/// Where chunks end.
@Suite struct ScrubChunkTests {
  static func object(_ name: String, _ snap: SnapID = .head) -> HObject {
    HObject(pool: 2, hash: 1, name: ByteString(name), snap: snap)
  }

  @Test func `between objects, it ends before the next one's clones`() {
    let end = ScrubChunk.boundary(after: [Self.object("a")], next: Self.object("b"))
    #expect(end == Self.object("b", .zero))
    #expect(end > Self.object("a") && end < Self.object("b", SnapID(1)))
  }

  @Test func `never between a head and its newest clone`() {
    let clones = [Self.object("a", SnapID(1)), Self.object("a", SnapID(2))]
    #expect(ScrubChunk.boundary(after: clones, next: Self.object("a")) == clones[1])
  }

  @Test func `between clones it may end, and at the end it has none`() {
    let clones = [Self.object("a", SnapID(1)), Self.object("a", SnapID(2))]
    #expect(ScrubChunk.boundary(after: [clones[0]], next: clones[1]) == clones[1])
    #expect(ScrubChunk.boundary(after: clones, next: .max) == .max)
    #expect(ScrubChunk.boundary(after: [], next: .max) == .max)
  }
}
