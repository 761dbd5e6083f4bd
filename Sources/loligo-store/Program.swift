import Base
import BlockStore
import Glibc
import ObjectStores
import RadosTypes

/// `loligo-store`: looks at the store of an OSD that does not run.
@main
enum Program {
  static let help = """
    usage: loligo-store COMMAND PATH ...

    PATH is an OSD's data directory or its device. The daemon must not run. The store is opened as the
    daemon opens it, so what is in its log is replayed first.

      info PATH                              whose store it is, and how full
      fsck [--deep] PATH                     checks every reference and free block; --deep: all data
      list PATH                              the collections
      list PATH COLLECTION                   a collection's objects, in their order
      dump PATH COLLECTION OBJECT            an object's sizes, extents, attributes and omap as JSON
      export PATH COLLECTION OBJECT [FILE]   an object's data, to FILE or to standard output

    COLLECTION and OBJECT are written as list writes them. Ends with 0; 1: fsck found errors; 2: it
    could not be done.
    """

  static func main() {
    var words = Array(CommandLine.arguments.dropFirst())
    let deep = words.contains("--deep")
    words.removeAll { $0 == "--deep" }
    if words.isEmpty || words.contains("--help") || words.contains("-h") {
      print(help)
      exit(words.isEmpty ? 2 : 0)
    }
    do {
      exit(try run(words, deep: deep))
    } catch {
      complain("\(error)")
      exit(2)
    }
  }

  struct UsageError: Error, CustomStringConvertible { let description: String }

  static func complain(_ text: String) {
    var line = "loligo-store: \(text)\n"
    line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  }

  private static func run(_ words: [String], deep: Bool) throws -> Int32 {
    guard words.count >= 2 else {
      throw UsageError(description: "\(words[0]) of which store? See --help")
    }
    let arguments = Array(words.dropFirst(2))
    let session = try StoreSession(path: words[1])
    switch (words[0], arguments.count) {
    case ("info", 0): return try session.run { printInfo($0) }
    case ("fsck", 0): return try session.run { try await fsck($0, deep: deep) }
    case ("list", 0):
      return try session.run { store in
        ObjectCommands(store: store).listCollections()
        return 0
      }
    case ("list", 1):
      return try session.run { store in
        try await ObjectCommands(store: store).listObjects(in: try collection(arguments[0], store))
        return 0
      }
    case ("dump", 2):
      return try session.run { store in
        let collection = try collection(arguments[0], store)
        let object = try object(arguments[1])
        print(try await ObjectCommands(store: store).describe(object, in: collection))
        return 0
      }
    case ("export", 2), ("export", 3):
      return try session.run { store in
        try await export(arguments, store)
        return 0
      }
    default:
      throw UsageError(description: "\(words[0]) with \(arguments.count) more words? See --help")
    }
  }

  // MARK: Commands

  private static func printInfo(_ store: BlockStore) -> Int32 {
    var json = JSONWriter()
    let usage = store.statfs()
    json.object { json in
      for (name, value) in store.metadata.sorted(by: { $0.key < $1.key }) {
        json.string(name, value)
      }
      json.integer("total", usage.total)
      json.integer("available", usage.available)
      json.integer("allocated", usage.allocated)
      json.integer("stored", usage.stored)
      json.integer("omap", usage.omap)
      json.integer("metadata", usage.metadata)
      json.integer("collections", store.collections().count)
    }
    print(json.finish())
    return 0
  }

  private static func fsck(_ store: BlockStore, deep: Bool) async throws -> Int32 {
    let report = try await store.check(deep: deep)
    for error in report.errors { print("error: \(error)") }
    print(
      "\(report.errors.count) errors; \(report.objects) objects, \(report.units) units,",
      "\(report.omapEntries) omap entries, \(report.blocksRead) blocks read")
    return report.isClean ? 0 : 1
  }

  private static func export(_ arguments: [String], _ store: BlockStore) async throws {
    let collection = try collection(arguments[0], store)
    let object = try object(arguments[1])
    var descriptor: Int32 = 1
    if arguments.count == 3 {
      descriptor = open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      if descriptor < 0 { throw SystemError(errno, "open \(arguments[2])") }
    }
    defer { if descriptor != 1 { close(descriptor) } }
    try await ObjectCommands(store: store).export(object, in: collection, to: descriptor)
  }

  private static func collection(_ text: String, _ store: BlockStore) throws -> StoreCollection {
    guard let id = CollectionID(text) else {
      throw UsageError(description: "\(text) is no collection's name, as 2.1f_head is")
    }
    guard let collection = store.open(id) else {
      throw UsageError(description: "there is no collection \(id)")
    }
    return collection
  }

  private static func object(_ text: String) throws -> GHObject {
    guard let object = GHObject(text) else {
      throw UsageError(description: "\(text) is no object's name, as #2:f8c99aee:::name:head# is")
    }
    return object
  }
}
