import Base
import Buffers
import Devices
import Glibc
import Reactors
import TestKit
import Testing

/// A sparse file that goes away with the test.
final class ScratchFile: Sendable {
  let path: String

  init(byteCount: UInt64, in directory: String = "/var/tmp") throws {
    path = "\(directory)/loligo-device-\(getpid())-\(UInt32.random(in: 0 ..< .max))"
    try DeviceFile.create(path: path, byteCount: byteCount)
  }

  deinit { unlink(path) }
}

@Suite struct DeviceTests {
  @Test(.timeLimit(.minutes(1)), arguments: Stage.kernel)
  func `what was written in many slices is read back`(stage: Stage) async throws {
    let scratch = try ScratchFile(byteCount: 8 << 20)
    let file = try DeviceFile(path: scratch.path)
    #expect(file.byteCount == 8 << 20)
    #expect(file.hasVolatileCache)
    let whole = pattern(200 * 4096, seed: 1)
    var list = BufferList()
    for block in 0..<200 { list.append(whole.sub(block * 4096, 4096)) }
    let written = list
    try await stage.play { reactor, done in
      do {
        let device = try file.device(on: reactor)
        device.write(written, at: 65536) { error in
          #expect(error == nil)
          device.flush { error in
            #expect(error == nil)
            device.read(at: 65536, count: whole.count) { result in
              #expect(result == .success(whole))
              done()
            }
          }
        }
      } catch {
        Issue.record(error)
        done()
      }
    }
  }

  @Test func `a device in use is refused with a clear error`() throws {
    let scratch = try ScratchFile(byteCount: 1 << 20)
    let first = try DeviceFile(path: scratch.path)
    let error = #expect(throws: SystemError.self) {
      try DeviceFile(path: scratch.path, patience: .milliseconds(50))
    }
    #expect(error?.operation.contains("in use by another process") == true)
    _ = first
  }
}
