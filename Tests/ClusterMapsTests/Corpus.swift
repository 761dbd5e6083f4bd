import Foundation

/// Golden samples that Ceph wrote, beside the checkout or where `LOLIGO_CORPUS` says.
enum Corpus {
  static let root: String = {
    if let named = ProcessInfo.processInfo.environment["LOLIGO_CORPUS"] { return named }
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return package.deletingLastPathComponent().path + "/shared/corpus"
  }()

  /// The samples of a type, by name.
  static func samples(ofType type: String) -> [(name: String, bytes: [UInt8])] {
    files(in: "types/\(type)", suffix: "")
  }

  /// The front segments of the captured messages of a type.
  static func fronts(ofMessage type: String) -> [(name: String, bytes: [UInt8])] {
    files(in: "messages/\(type)", suffix: ".front")
  }

  private static func files(in folder: String, suffix: String) -> [(name: String, bytes: [UInt8])] {
    let path = "\(root)/\(folder)"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted().compactMap { name in
      (try? Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))).map { (name, Array($0)) }
    }
  }

  static let absence = "there are no golden samples at \(root); set LOLIGO_CORPUS to where they are"
}
