import Testing

/// Many clusters, each from a seed. One that fails says which: `Simulation(seed:).play()` with
/// `takesNotes` tells its story.
@Suite struct SimulationTests {
  /// Seeds of each part: in a debug build, which is ten times slower, fewer.
  private static let count: UInt64 = _isDebugAssertConfiguration() ? 12 : span
  private static let span: UInt64 = 1250

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `nothing acknowledged is lost, nothing stale is read, all ends clean`(part: UInt64) {
    var acknowledged = 0
    var reads = 0
    for seed in part * Self.span..<part * Self.span + Self.count {
      let simulation = Simulation(seed: seed)
      let failures = simulation.play()
      #expect(failures.isEmpty, "\(failures.first ?? "")")
      acknowledged += simulation.acknowledgedCount
      reads += simulation.readCount
    }
    // It is a test only if there was something to lose.
    #expect(acknowledged > 100 * Self.count && reads > 100 * Self.count)
  }
}
