import RadosTypes

extension ObjectRecoveryProgress {
  /// Whether all that is to be copied has been. Ceph: `is_complete`.
  package func isComplete(of recovery: ObjectRecoveryInfo) -> Bool {
    dataRecoveredTo >= recovery.copySubset.end ?? 0 && omapComplete
  }
}

extension IntervalSet {
  /// What is here of `start..<end`, at most `length` values. Ceph: `span_of`.
  package func span(from start: UInt64, length: UInt64) -> IntervalSet {
    var span = IntervalSet()
    var left = length
    for run in intervals where run.end > start && left > 0 {
      let begin = max(run.start, start)
      let taken = min(run.end - begin, left)
      span.insert(begin, length: taken)
      left -= taken
    }
    return span
  }

  /// Whether nothing is here that is not in `other`.
  package func isSubset(of other: IntervalSet) -> Bool {
    var rest = self
    rest.subtract(other)
    return rest.isEmpty
  }
}

extension PushOp {
  /// What this part adds to a PG's statistics of recovery.
  package var recovered: ObjectStatSum {
    var sum = ObjectStatSum()
    sum.objectsRecovered = after.dataComplete ? 1 : 0
    sum.keysRecovered = Int64(omapEntries.count)
    sum.bytesRecovered = Int64(data.count)
    return sum
  }

  /// The answer of a source that cannot give the object: no version. Ceph: `prep_push_op_blank`.
  package static func blank(_ object: HObject) -> PushOp {
    var push = PushOp(object, version: .zero)
    push.recovery = ObjectRecoveryInfo(.min)
    return push
  }
}
