import Base
import Buffers
import Glibc

/// One part of an op's way alone, a given number of times, for instructions to be counted: `Scripts/bench --suite parts`
/// runs it under callgrind with two counts, and divides the difference.
///
/// `MicroBench WORK COUNT`; without arguments, the names of the works.
@main struct MicroBench {
  /// Does its part `count` times.
  typealias Work = @Sendable (_ count: Int) throws -> Void

  private static let works: [(name: String, run: Work)] =
    CodecWorks.all + FrameWorks.all + StoreWorks.all

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let count = Int(arguments[2]),
      let work = works.first(where: { $0.name == arguments[1] })
    else { return print(works.map(\.name).joined(separator: "\n")) }
    try work.run(count)
  }
}

/// Keeps the compiler from leaving out what nobody looks at.
@inline(never) @_optimize(none) func use<Value>(_ value: borrowing Value) {}
