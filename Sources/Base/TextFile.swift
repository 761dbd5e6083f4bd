import Glibc

/// Small files of text, whole: configuration, keyrings, `/proc`.
package enum TextFile {
  /// nil if it cannot be opened or read; at most 16 MiB are read.
  package static func read(_ path: String) -> String? { try? contents(of: path) }

  package static func contents(of path: String) throws(SystemError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError(errno, "open \(path)") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < 16 << 20 {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw SystemError(errno, "read \(path)") }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Replaces the file atomically: written beside it, synced, renamed.
  package static func write(
    _ text: String, to path: String, mode: mode_t = 0o644
  ) throws(SystemError) {
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw SystemError(errno, "create \(temporary)") }
    let written = writeAll(Array(text.utf8), to: descriptor) && fsync(descriptor) == 0
    let failure = errno
    close(descriptor)
    guard written else { throw SystemError(failure, "write \(temporary)") }
    guard rename(temporary, path) == 0 else { throw SystemError(errno, "rename to \(path)") }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}
