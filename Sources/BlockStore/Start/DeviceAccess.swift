import Base
import Buffers
import Devices

/// The device one call at a time, for starts and checks. On the device's reactor.
struct DeviceAccess {
  let device: any BlockDevice

  func read(at offset: UInt64, count: Int) async throws(SystemError) -> ByteSlice {
    let device = device
    return try await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<ByteSlice, SystemError>, Never>) in
      device.read(at: offset, count: count) { continuation.resume(returning: $0) }
    }.get()
  }

  func write(_ bytes: ByteSlice, at offset: UInt64) async throws(SystemError) {
    try await write(BufferList(bytes), at: offset)
  }

  func write(_ bytes: BufferList, at offset: UInt64) async throws(SystemError) {
    let device = device
    let error = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<SystemError?, Never>) in
      device.write(bytes, at: offset) { continuation.resume(returning: $0) }
    }
    if let error { throw error }
  }

  func flush() async throws(SystemError) {
    let device = device
    let error = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<SystemError?, Never>) in
      device.flush { continuation.resume(returning: $0) }
    }
    if let error { throw error }
  }

  /// The valid superblock of the higher generation.
  func readSuperblock() async throws -> Superblock {
    guard device.byteCount >= Superblock.areaBytes else {
      throw StartError("a device of \(device.byteCount) bytes holds no store")
    }
    var found: [Superblock] = []
    var reason = ""
    for copy in 0..<UInt64(2) {
      let bytes = try await read(at: copy * Superblock.copyDistance, count: Superblock.bytes)
      do { found.append(try Superblock(decoding: bytes)) } catch { reason = "\(error)" }
    }
    guard let best = found.max(by: { $0.generation < $1.generation }) else {
      throw StartError(reason)
    }
    guard best.deviceBytes <= device.byteCount else {
      throw StartError(
        "the store was made for \(best.deviceBytes) bytes, the device has \(device.byteCount)")
    }
    return best
  }

  /// Writes the next generation over the older copy, and returns when it is durable.
  func write(_ superblock: inout Superblock) async throws {
    superblock.generation += 1
    guard let bytes = superblock.encoded() else {
      throw StartError("the metadata does not fit the superblock")
    }
    try await write(bytes, at: superblock.place)
    try await flush()
  }
}

/// Why a store cannot be opened; for people.
package struct StartError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
