import BlockStore
import StoreSimulation
import Testing

/// Three lives of a store each, with a crash at the end of each and in some of their starts.
/// `Scripts/crash-check` runs many more seeds.
@Suite struct CrashTests {
  private static let seedsPerChunk: UInt64 = 50
  private static let seeds: UInt64 = 5000
  private static let chunks = seeds / seedsPerChunk

  @Test(arguments: 0..<chunks)
  func `nothing that was acknowledged is lost, and nothing is half there`(chunk: UInt64) throws {
    for seed in chunk * Self.seedsPerChunk + 1...(chunk + 1) * Self.seedsPerChunk {
      do { try CrashRun(seed: seed).run() } catch { Issue.record("seed \(seed): \(error)") }
    }
  }

  @Test func `a run that has ended holds nothing`() throws {
    for seed in UInt64(1)...20 {
      let run = try CrashRun(seed: seed)
      try run.run()
      #expect(run.remainingMachines == 0, "seed \(seed)")
    }
  }

  @Test func `a record that was left out once never counts`() throws {
    try LostRecord().run()
  }

  @Test func `a replay of any incarnation's records is found out`() throws {
    #expect(throws: CrashFinding.self) { try LostRecord(mutants: .anyIncarnation).run() }
  }

  @Test(arguments: [
    ("no flush", StoreMutants.noFlush), ("the mark counts completed writes", .markCountsCompleted),
    ("units are reused at once", .reuseAtOnce),
    ("the tail moves before the index's flush", .tailBeforeFlush),
    ("objects' keys do not name their partition", .homelessKeys),
    ("a checkpoint leaves data behind that only the log has", .dataLeftBehind),
  ])
  func `a store that is broken on purpose is found out`(name: String, mutant: StoreMutants) throws {
    for seed in UInt64(1)...250 {
      do { try CrashRun(seed: seed, mutants: mutant).run() } catch let finding as CrashFinding {
        // A run that comes to too little has found nothing.
        if !finding.isShortfall { return }
      }
    }
    Issue.record("250 seeds did not notice: \(name)")
  }
}
