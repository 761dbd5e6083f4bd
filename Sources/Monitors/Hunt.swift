import Base
import RadosTypes

/// Which monitor to try next, and when: each candidate once a round, in random order by priority; rounds
/// ever further apart.
struct Hunt {
  struct Candidate: Equatable {
    var address: EntityAddress
    /// The lowest come first.
    var priority: UInt16 = 0
  }

  private var candidates: [Candidate]
  private var untried: [EntityAddress] = []
  private var rounds = 0
  private let firstDelay: Duration
  private let lastDelay: Duration

  init(_ candidates: [Candidate], firstDelay: Duration, lastDelay: Duration) {
    self.candidates = candidates
    self.firstDelay = firstDelay
    self.lastDelay = lastDelay
  }

  enum Step: Equatable {
    case attempt(EntityAddress)
    /// The round is over: begin the next one then.
    case wait(Duration)
  }

  /// Begins at once with whatever comes first; what was learned of delays is forgotten.
  mutating func succeeded() {
    rounds = 0
    untried = []
  }

  /// The monitor map names others.
  mutating func replace(_ candidates: [Candidate]) {
    guard !candidates.isEmpty, candidates != self.candidates else { return }
    self.candidates = candidates
    untried = untried.filter { address in candidates.contains { $0.address == address } }
  }

  mutating func next(_ random: inout SeededRandom, isNewRound: Bool) -> Step {
    if isNewRound { untried = order(&random) }
    if let address = untried.popLast() { return .attempt(address) }
    defer { rounds = min(rounds + 1, 16) }
    return .wait(min(firstDelay * (1 << rounds), lastDelay))
  }

  /// The last is tried first.
  private func order(_ random: inout SeededRandom) -> [EntityAddress] {
    let shuffled = candidates.shuffled(using: &random).enumerated()
    return shuffled.sorted { left, right in
      (left.element.priority, left.offset) > (right.element.priority, right.offset)
    }.map(\.element.address)
  }
}
