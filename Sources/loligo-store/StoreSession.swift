import Base
import BlockStore
import Glibc
import ObjectStores
import Reactors

/// A store that is mounted while one piece of work is done, all on this thread.
struct StoreSession {
  private let store: BlockStore
  private let reactor: Reactor

  /// `path`: the device, or the data directory that it is in.
  init(path: String) throws {
    var info = stat()
    guard stat(path, &info) == 0 else { throw SystemError(errno, path) }
    let isDirectory = info.st_mode & S_IFMT == S_IFDIR
    let log = Log(clock: SystemClock(), level: -1)
    var options = BlockStoreOptions()
    options.logCount = nil
    store = try BlockStore(
      path: isDirectory ? path + "/block" : path, options: options, log: log
    ) { error in
      Program.complain("the store failed: \(error)")
      exit(2)
    }
    reactor = Reactor(driver: try EpollDriver())
  }

  /// Mounts, runs `body` and unmounts; what `body` returns is the program's end.
  func run(_ body: @escaping (BlockStore) async throws -> Int32) throws -> Int32 {
    var outcome: Result<Int32, any Error>?
    reactor.spawn {
      do {
        try await store.mount(reactors: [reactor])
        let result: Result<Int32, any Error>
        do { result = .success(try await body(store)) } catch { result = .failure(error) }
        try await store.unmount()
        outcome = result
      } catch {
        outcome = .failure(error)
      }
    }
    reactor.run { outcome != nil }
    guard let outcome else { throw StoreError(EIO, "run", "nothing happens any more") }
    return try outcome.get()
  }
}
