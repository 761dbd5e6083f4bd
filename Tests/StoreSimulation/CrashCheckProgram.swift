import Base
import BlockStore
import Glibc

/// Runs many seeds, and says what they found.
package enum CrashCheckProgram {
  package static let mutants: [(name: String, value: StoreMutants)] = [
    ("no-flush", .noFlush), ("mark-counts-completed", .markCountsCompleted),
    ("reuse-at-once", .reuseAtOnce), ("any-incarnation", .anyIncarnation),
    ("tail-before-flush", .tailBeforeFlush), ("homeless-keys", .homelessKeys),
    ("data-left-behind", .dataLeftBehind),
  ]

  package static func run(_ arguments: [String]) {
    var rest = arguments.dropFirst()
    var mutant: StoreMutants = []
    if let name = rest.first, let found = mutants.first(where: { "--\($0.name)" == name }) {
      mutant = found.value
      rest = rest.dropFirst()
    }
    guard let count = rest.first.flatMap({ UInt64($0) }), count > 0 else {
      let names = mutants.map { "--\($0.name)" }.joined(separator: " | ")
      print(
        "usage: crash-check [\(names)] COUNT [FIRST SEED]\nRuns so many seeds of the crash simulation."
      )
      exit(2)
    }
    let first = rest.dropFirst().first.flatMap { UInt64($0) } ?? 1
    var total = CrashStatistics()
    var findings = 0
    do { try LostRecord(mutants: mutant).run() } catch {
      findings += 1
      print("lost record: \(error)")
    }
    for seed in first..<first + count {
      do {
        let run = try CrashRun(seed: seed, mutants: mutant)
        defer { total.add(run.statistics) }
        try run.run()
        if run.remainingMachines > 0 {
          throw CrashFinding("\(run.remainingMachines) machines are still held")
        }
      } catch {
        findings += 1
        print("seed \(seed): \(error)")
        fflush(nil)
        if findings >= 20 { break }
      }
      if (seed - first + 1) % 1000 == 0 {
        print("\(seed - first + 1) seeds, \(findings) findings")
        fflush(nil)
      }
    }
    print("\(total.text); \(findings) findings")
    exit(findings == 0 ? 0 : 1)
  }
}
