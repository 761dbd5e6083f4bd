/// What a reactor can be asked to run: a job of the Swift runtime, or a closure.
enum Work {
  case job(UnownedJob)
  case call(() -> Void)
}

/// A ring of work, first in first out; owned by one thread, so without a lock.
struct WorkQueue: ~Copyable {
  private var slots: UnsafeMutablePointer<Work>
  private var mask: Int
  private var head = 0
  private(set) var count = 0

  init(capacity: Int = 256) {
    precondition(capacity.nonzeroBitCount == 1)
    slots = .allocate(capacity: capacity)
    mask = capacity - 1
  }

  deinit {
    for at in 0..<count { (slots + ((head + at) & mask)).deinitialize(count: 1) }
    slots.deallocate()
  }

  @inline(__always) var isEmpty: Bool { count == 0 }

  @inline(__always)
  mutating func append(_ work: consuming Work) {
    if count > mask { grow() }
    (slots + ((head + count) & mask)).initialize(to: work)
    count += 1
  }

  @inline(__always)
  mutating func popFirst() -> Work? {
    guard count > 0 else { return nil }
    let work = (slots + head).move()
    head = (head + 1) & mask
    count -= 1
    return work
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Work>.allocate(capacity: 2 * (mask + 1))
    for at in 0..<count {
      (larger + at).moveInitialize(from: slots + ((head + at) & mask), count: 1)
    }
    slots.deallocate()
    slots = larger
    mask = 2 * mask + 1
    head = 0
  }
}
