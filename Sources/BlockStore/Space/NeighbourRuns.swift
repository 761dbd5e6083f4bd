extension Array where Element == UInt64 {
  /// Of ascending units, those that lie side by side, at most so many in a run.
  func neighbourRuns(most: Int) -> [ArraySlice<UInt64>] {
    var runs: [ArraySlice<UInt64>] = []
    var first = 0
    for at in indices
    where at + 1 == count || at + 1 - first == most || self[at + 1] != self[at] + 1 {
      runs.append(self[first...at])
      first = at + 1
    }
    return runs
  }
}
