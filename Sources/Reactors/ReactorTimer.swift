import Base

/// A call to come, on the reactor that made it; `cancel` may be called at any time, on its thread.
package final class ReactorTimer {
  package let deadline: Instant
  fileprivate let sequence: UInt64
  /// Place in the heap; -1 when it has fired or was cancelled.
  fileprivate var place = -1
  fileprivate var action: (() -> Void)?
  fileprivate unowned let heap: TimerHeap

  fileprivate init(
    deadline: Instant, sequence: UInt64, heap: TimerHeap, action: @escaping () -> Void
  ) {
    self.deadline = deadline
    self.sequence = sequence
    self.heap = heap
    self.action = action
  }

  package var isPending: Bool { place >= 0 }

  package func cancel() {
    guard place >= 0 else { return }
    heap.remove(self)
    action = nil
  }

  fileprivate func isBefore(_ other: ReactorTimer) -> Bool {
    deadline == other.deadline ? sequence < other.sequence : deadline < other.deadline
  }
}

/// A reactor's timers: a binary heap by deadline, then by age. Confined to the reactor.
final class TimerHeap {
  private var timers: [ReactorTimer] = []
  /// How many were made so far.
  private(set) var made: UInt64 = 0

  var first: Instant? { timers.first?.deadline }
  var count: Int { timers.count }

  func add(at deadline: Instant, _ action: @escaping () -> Void) -> ReactorTimer {
    made += 1
    let timer = ReactorTimer(deadline: deadline, sequence: made, heap: self, action: action)
    timer.place = timers.count
    timers.append(timer)
    rise(timer.place)
    return timer
  }

  /// The action of the first timer that is due and was made no later than `last`, which thereby has
  /// fired.
  func popDue(_ now: Instant, last: UInt64) -> (() -> Void)? {
    guard let timer = timers.first, timer.deadline <= now, timer.sequence <= last else {
      return nil
    }
    remove(timer)
    defer { timer.action = nil }
    return timer.action
  }

  fileprivate func remove(_ timer: ReactorTimer) {
    let place = timer.place
    timer.place = -1
    let last = timers.removeLast()
    guard last !== timer else { return }
    put(last, at: place)
    rise(place)
    sink(last.place)
  }

  func removeAll() {
    for timer in timers {
      timer.place = -1
      timer.action = nil
    }
    timers.removeAll()
  }

  private func put(_ timer: ReactorTimer, at place: Int) {
    timers[place] = timer
    timer.place = place
  }

  private func rise(_ start: Int) {
    var place = start
    let timer = timers[place]
    while place > 0, timer.isBefore(timers[(place - 1) / 2]) {
      put(timers[(place - 1) / 2], at: place)
      place = (place - 1) / 2
    }
    put(timer, at: place)
  }

  private func sink(_ start: Int) {
    var place = start
    let timer = timers[place]
    while 2 * place + 1 < timers.count {
      var child = 2 * place + 1
      if child + 1 < timers.count, timers[child + 1].isBefore(timers[child]) { child += 1 }
      guard timers[child].isBefore(timer) else { break }
      put(timers[child], at: place)
      place = child
    }
    put(timer, at: place)
  }
}
