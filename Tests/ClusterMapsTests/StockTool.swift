import Foundation
import Testing

/// Ceph's own command-line tools, which these tests compare with; a test without them fails.
struct StockTool {
  enum Failure: Error, CustomStringConvertible {
    case absent(String)
    case failed(String, status: Int32, output: String)

    var description: String {
      switch self {
      case .absent(let name):
        "\(name) is not in PATH: these tests need the packages ceph-base and ceph-common"
      case .failed(let command, let status, let output):
        "\(command) ended with status \(status): \(output.suffix(2000))"
      }
    }
  }

  private let path: String

  static let osdmaptool = Result { () throws in try StockTool("osdmaptool") }
  static let crushtool = Result { () throws in try StockTool("crushtool") }

  private init(_ name: String) throws {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
    guard
      let found = folders.map({ "\($0)/\(name)" })
        .first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else { throw Failure.absent(name) }
    path = found
  }

  /// Runs the tool, at most 5 min, and returns what it printed on both channels.
  @discardableResult
  func run(_ arguments: [String], in folder: ScratchFolder) throws -> String {
    let output = folder.path("output-\(UUID().uuidString)")
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    defer { try? FileManager.default.removeItem(atPath: output) }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["300", path] + arguments
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    try handle.close()
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self)
    guard process.terminationStatus == 0 else {
      let command = ([path] + arguments).joined(separator: " ")
      throw Failure.failed(command, status: process.terminationStatus, output: text)
    }
    return text
  }
}

/// A folder that goes when its owner does.
final class ScratchFolder {
  private let root: String

  init() throws {
    root = NSTemporaryDirectory() + "loligo-maps-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func path(_ name: String) -> String { root + "/" + name }

  func write(_ bytes: [UInt8], as name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }
}
