import Buffers
import Testing

@Suite struct SlabPoolTests {
  static let sizes = [1, 256, 257, 4096, 4097, 8192, 65536, 65537, 1 << 20, 5 << 20]

  @Test(arguments: [0, 64 << 10, 8 << 20])
  func `blocks that are in use lie apart, however often they come and go`(held: Int) {
    let pool = SlabPool(bytesHeldMax: held)
    var live: [(slab: Slab, mark: UInt8)] = []
    for round in 0..<3000 {
      let slab = pool.slab(capacity: Self.sizes[round * 7 % Self.sizes.count])
      #expect(slab.capacity >= Self.sizes[round * 7 % Self.sizes.count])
      if slab.capacity >= 4096 { #expect(UInt(bitPattern: slab.base) % 4096 == 0) }
      let mark = UInt8(truncatingIfNeeded: round)
      slab.base.storeBytes(of: mark, as: UInt8.self)
      slab.base.storeBytes(of: mark, toByteOffset: slab.capacity - 1, as: UInt8.self)
      live.append((slab, mark))
      if live.count > 40 { live.remove(at: round * 31 % live.count) }
      for (slab, mark) in live {
        let ends = [0, slab.capacity - 1].map { slab.base.load(fromByteOffset: $0, as: UInt8.self) }
        #expect(ends == [mark, mark])
      }
    }
  }

  @Test
  func `what is beyond the bound goes back to the kernel`() {
    let pool = SlabPool(bytesHeldMax: 4096)
    func fill() -> [Slab] {
      (0..<300).map { _ in
        let slab = pool.slab(capacity: 4096)
        slab.base.initializeMemory(as: UInt8.self, repeating: 7, count: 4096)
        return slab
      }
    }
    var slabs = fill()
    slabs.removeAll()
    let marked = (0..<300).map { _ in pool.slab(capacity: 4096) }.count {
      $0.base.load(as: UInt8.self) == 7
    }
    #expect(marked == 1)
  }

  @Test
  func `what nobody wanted for a while is let go, what is in use again and again stays`() {
    let pool = SlabPool(bytesHeldMax: 64 << 20, bytesKept: 64 << 10)
    func use(_ count: Int) {
      let slabs = (0..<count).map { _ in pool.slab(capacity: 4096) }
      for slab in slabs { slab.base.initializeMemory(as: UInt8.self, repeating: 7, count: 4096) }
    }
    func marked() -> Int {
      (0..<300).map { _ in pool.slab(capacity: 4096) }.count { $0.base.load(as: UInt8.self) == 7 }
    }
    use(300)
    pool.settle()
    use(200)
    pool.settle()
    // 100 were free all the time, 16 of which are kept anyway.
    #expect(marked() == 216)
    use(300)
    for _ in 0..<2 { pool.settle() }
    #expect(marked() == 16)
  }

  @Test
  func `a slab may outlive everybody's pool`() {
    var slab: Slab?
    do { slab = SlabPool(bytesHeldMax: 0).slab(capacity: 4096) }
    slab?.base.storeBytes(of: 5, as: UInt8.self)
    #expect(slab?.base.load(as: UInt8.self) == 5)
    slab = nil
  }
}
