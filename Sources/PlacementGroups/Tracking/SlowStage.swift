import Base

/// Where an op lost most of its time.
package struct SlowStage: Sendable {
  /// What it was waiting for meanwhile.
  package enum Cause: Sendable {
    case arrival
    case dispatch
    case queue
    case delay(OpDelay)
    case execution
    case peer(Int32)
    case device
    case reply
  }

  package let cause: Cause
  package let duration: Duration
  /// Of the op.
  package let whole: Duration
  private let isOver: Bool
  /// How long the other copies took, where one of several was last.
  private let others: Duration?

  package init(of op: OpRecord, at now: Instant) {
    whole = op.duration(at: now)
    isOver = op.isOver
    var longest: (cause: Cause, duration: Duration, others: Duration?) = (.dispatch, .zero, nil)
    for stage in Self.stages(of: op, at: now) where stage.duration > longest.duration {
      longest = stage
    }
    (cause, duration, others) = longest
  }

  package var peer: Int32? {
    if case .peer(let osd) = cause { return osd }
    return nil
  }

  package var name: String {
    switch cause {
    case .arrival: "arrival"
    case .dispatch: "dispatch"
    case .queue: "queue"
    case .delay(let delay): delay.name
    case .execution: "execution"
    case .peer: "commit of another copy"
    case .device: "commit here"
    case .reply: "reply"
    }
  }

  /// `device`: where this OSD's copy is.
  package func sentence(_ device: String) -> String {
    let (part, all) = (Self.text(duration), Self.text(whole))
    let begin = isOver ? "it took \(all) s, \(part) s of them" : "\(part) of \(all) s so far"
    switch cause {
    case .arrival: return "\(begin) for its bytes to arrive over the network"
    case .dispatch: return "\(begin) on the way to its PG's event loop, which was busy"
    case .queue: return "\(begin) in its shard's queue, behind other ops"
    case .delay(let delay): return "\(begin) \(delay.reason)"
    case .execution: return "\(begin) for what it reads from \(device)"
    case .peer(let osd):
      let rest = others.map { ", where the other copies took \(Self.text($0)) s" } ?? ""
      return "\(begin) for osd.\(osd) to make its copy durable\(rest)"
    case .device:
      let rest = others.map { ", where the other copies took \(Self.text($0)) s" } ?? ""
      return "\(begin) for \(device) to make this OSD's copy durable\(rest)"
    case .reply: return "\(begin) for writes before it in the PG, whose replies come first"
    }
  }

  private static func text(_ duration: Duration) -> String {
    let micros = max(duration.wholeNanoseconds, 0) / 1000
    return "\(micros / 1_000_000).\(String(1_000_000 + micros % 1_000_000).dropFirst())"
  }
}

/// The stages that an op has been in, one after the other; commits on several copies are one, as long as
/// the last of them.
extension SlowStage {
  private typealias Stage = (cause: Cause, duration: Duration, others: Duration?)

  private static func stages(of op: OpRecord, at now: Instant) -> [Stage] {
    let marks = op.trace.events
    var stages: [Stage] = []
    for (index, mark) in marks.enumerated() where mark.event != .done {
      if mark.event == .committed || mark.event == .copyCommitted { continue }
      let end = index + 1 < marks.count ? marks[index + 1].at : now
      if isCommitting(marks, after: index) {
        stages += commits(op, marks, after: index, now)
      } else {
        stages.append((cause(of: mark), end - mark.at, nil))
      }
    }
    return stages
  }

  /// The copies are at it from here on.
  private static func isCommitting(_ marks: [OpTrace.Mark], after index: Int) -> Bool {
    guard marks[index].event == .waitingForCopies else {
      return index + 1 < marks.count && marks[index + 1].event == .committed
    }
    return true
  }

  private static func commits(
    _ op: OpRecord, _ marks: [OpTrace.Mark], after index: Int, _ now: Instant
  ) -> [Stage] {
    let begin = marks[index].at
    let rest = marks[(index + 1)...].prefix {
      $0.event == .committed || $0.event == .copyCommitted
    }
    let places = Set(rest.map(place))
    // This copy is at -1, the others at their places.
    let wanted = [-1] + (marks[index].event == .waitingForCopies ? Array(op.copies.indices) : [])
    let next = index + 1 + rest.count
    let end = next < marks.count ? marks[next].at : now
    if let missing = wanted.first(where: { !places.contains($0) && $0 >= 0 })
      ?? wanted.first(where: { !places.contains($0) })
    {
      return [(cause(of: missing, op), end - begin, rest.last.map { $0.at - begin })]
    }
    guard let last = rest.last else { return [] }
    let before = rest.dropLast().last.map { $0.at - begin }
    return [
      (cause(of: place(of: last), op), last.at - begin, before), (.reply, end - last.at, nil),
    ]
  }

  private static func place(of mark: OpTrace.Mark) -> Int {
    mark.event == .committed ? -1 : Int(mark.argument)
  }

  private static func cause(of place: Int, _ op: OpRecord) -> Cause {
    place >= 0 && place < op.copies.count ? .peer(op.copies[place].osd) : .device
  }

  /// What is awaited after a mark.
  private static func cause(of mark: OpTrace.Mark) -> Cause {
    switch mark.event {
    case .initiated, .headerRead, .throttled: .arrival
    case .allRead, .dispatched: .dispatch
    case .queuedForPG: .queue
    case .delayed: OpDelay(rawValue: mark.argument).map { .delay($0) } ?? .dispatch
    case .reachedPG, .started: .execution
    case .waitingForCopies, .committed, .copyCommitted: .device
    case .commitSent, .done: .reply
    }
  }
}
