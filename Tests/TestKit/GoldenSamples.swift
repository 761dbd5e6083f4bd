import Buffers
import Foundation
import Wire

/// Values of single types as Ceph wrote them, from the public ceph-object-corpus.
///
/// They are not part of this repository: they are read where `LOLIGO_CORPUS` says, or in
/// `../shared/corpus` beside the package, and when they are not there the tests say so and go on.
package enum GoldenSamples {
  package static let corpus: URL? = {
    let environment = ProcessInfo.processInfo.environment["LOLIGO_CORPUS"]
    let package = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let directory =
      environment.map { URL(filePath: $0) }
      ?? package.deletingLastPathComponent().appending(path: "shared/corpus")
    return FileManager.default.fileExists(atPath: directory.path) ? directory : nil
  }()

  /// The samples of a type, by name; `::` in a type's name is `__` in the directory's.
  package static func values(of type: String) -> [(name: String, bytes: ByteSlice)] {
    guard let corpus else { return [] }
    return files(in: corpus.appending(path: "types/\(type)"))
  }

  /// Every file of a directory, in the order of names.
  package static func files(in directory: URL) -> [(name: String, bytes: ByteSlice)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return names.sorted().compactMap { name in
      (try? Data(contentsOf: directory.appending(path: name))).map { (name, ByteSlice($0)) }
    }
  }
}

/// How the samples of one type fared.
package struct GoldenTally {
  package var type: String
  package var samples = 0
  package var decoded = 0
  package var identical = 0
  /// Written by another version than our encoder writes: decoded, but not the same bytes again.
  package var otherVersion = 0
  /// What went wrong, with the sample's name.
  package var failures: [String] = []

  package init(type: String) { self.type = type }

  package static let heading =
    "type                             samples decoded identical other version"

  package var line: String {
    let name = type.padding(toLength: 32, withPad: " ", startingAt: 0)
    let numbers = [samples, decoded, identical, otherVersion].map {
      String(repeating: " ", count: max(0, 8 - String($0).count)) + String($0)
    }
    return name + numbers.joined()
  }

  /// Decodes a sample to its last byte and encodes the value again. A framed value's first byte is its
  /// version; an unframed one has `isFramed` false and must always come out the same.
  package mutating func check<Value: WireCodable>(
    _: Value.Type, name: String, bytes: ByteSlice, isFramed: Bool = true
  ) {
    samples += 1
    var reader = WireReader(bytes)
    do throws(DecodeError) {
      let value = try Value(from: &reader)
      guard reader.isAtEnd else {
        failures.append("\(type)/\(name): \(reader.remaining) bytes left")
        return
      }
      decoded += 1
      compare(value.wire, with: bytes, name: name, isFramed: isFramed)
    } catch {
      failures.append("\(type)/\(name): \(error)")
    }
  }

  private mutating func compare(
    _ ours: ByteSlice, with bytes: ByteSlice, name: String, isFramed: Bool
  ) {
    if ours == bytes {
      identical += 1
    } else if isFramed && (ours[0] != bytes[0] || ours[1] != bytes[1]) {
      otherVersion += 1
    } else {
      let at = zip(ours.array, bytes.array).prefix { $0 == $1 }.count
      failures.append("\(type)/\(name): byte \(at) differs, \(ours.count) of \(bytes.count)")
    }
  }
}
