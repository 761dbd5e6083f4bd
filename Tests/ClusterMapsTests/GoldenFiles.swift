import Buffers
import Foundation
import TestKit

/// The files of this suite's own `Golden` folder.
enum GoldenFiles {
  static func read(_ name: String) throws -> ByteSlice {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    return ByteSlice(try Data(contentsOf: folder.appending(path: name)))
  }
}

extension GoldenSamples {
  /// Says so when there are none: the public samples are not part of this repository.
  static func valuesOrExcuse(of type: String) -> [(name: String, bytes: ByteSlice)] {
    let samples = values(of: type)
    if samples.isEmpty { print("no golden samples of \(type); LOLIGO_CORPUS says where they are") }
    return samples
  }
}
