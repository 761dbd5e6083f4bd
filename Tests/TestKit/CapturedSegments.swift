import Buffers
import Foundation

extension GoldenSamples {
  /// Segments of messages captured between stock daemons, of this repository: `type` in hex as in the
  /// directory's name, `segment` one of front, middle, data.
  package static func captured(type: String, segment: String) -> [(name: String, bytes: ByteSlice)]
  {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return files(in: tests.appending(path: "RadosTypesTests/Golden/messages/\(type)"))
      .filter { $0.name.hasSuffix(".\(segment)") }
  }
}
