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

  /// What the file system has given it.
  var allocatedBytes: Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_blocks) * 512 : -1
  }

  /// Calls `body` when it has been given so much; the test's own limit bounds the wait.
  func whenAllocated(_ bytes: Int, on reactor: Reactor, _ body: @escaping () -> Void) {
    guard allocatedBytes < bytes else { return body() }
    reactor.schedule(after: .milliseconds(2)) { self.whenAllocated(bytes, on: reactor, body) }
  }
}

@Suite struct DeviceTests {
  @Test(.timeLimit(.minutes(10)), arguments: Stage.kernel)
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

  @Test(.timeLimit(.minutes(10)), arguments: Stage.kernel)
  func `a write that is durable with its completion counts as a flush`(stage: Stage) async throws {
    let scratch = try ScratchFile(byteCount: 8 << 20)
    let file = try DeviceFile(path: scratch.path)
    let whole = pattern(70 * 4096, seed: 2)
    let written = BufferList(whole)
    try await stage.play { reactor, done in
      do {
        let counters = DeviceCounter.make()
        let device = try file.device(on: reactor, perf: counters)
        device.write(written, at: 4096, isDurable: true) { error in
          #expect(error == nil)
          #expect(counters.value(DeviceCounter.flushes).sum == 1)
          device.read(at: 4096, count: whole.count) { result in
            #expect(result == .success(whole))
            done()
          }
        }
      } catch {
        Issue.record(error)
        done()
      }
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: Stage.kernel)
  func `a file has its places before they are written to`(stage: Stage) async throws {
    let scratch = try ScratchFile(byteCount: 64 << 20)
    let file = try DeviceFile(path: scratch.path)
    let block = BufferList(pattern(4096, seed: 3))
    #expect(scratch.allocatedBytes == 0)
    try await stage.play { reactor, done in
      do {
        let device = try file.device(on: reactor)
        device.write(block, at: 20 << 20) { error in
          #expect(error == nil)
          scratch.whenAllocated(4 << 20, on: reactor) {
            // Into the second half of that step: the next one too, but none twice.
            #expect(scratch.allocatedBytes < 8 << 20)
            device.write(block, at: 22 << 20) { _ in
              scratch.whenAllocated(8 << 20, on: reactor) {
                #expect(scratch.allocatedBytes < 12 << 20)
                done()
              }
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

  @Test(.timeLimit(.minutes(10)), arguments: Stage.kernel)
  func `many operations under way complete once each`(stage: Stage) async throws {
    let scratch = try ScratchFile(byteCount: 8 << 20)
    let file = try DeviceFile(path: scratch.path)
    let perf = DeviceCounter.make()
    try await stage.play { reactor, done in
      do {
        let device = try file.device(on: reactor, perf: perf)
        let left = Box(1024)
        for block in 0..<1024 as Range<UInt64> {
          let bytes = pattern(4096, seed: block)
          device.write(BufferList(bytes), at: block * 4096) { error in
            #expect(error == nil)
            #expect(reactor.isCurrent)
            device.read(at: block * 4096, count: 4096) { result in
              #expect(result == .success(bytes))
              left.value -= 1
              if left.value == 0 { done() }
            }
          }
        }
      } catch {
        Issue.record(error)
        done()
      }
    }
    #expect(perf.value(DeviceCounter.writes).sum == 1024)
    #expect(perf.value(DeviceCounter.writeBytes).sum == 4 << 20)
    #expect(perf.value(DeviceCounter.reads).sum == 1024)
  }

  @Test(.timeLimit(.minutes(10)), arguments: Stage.kernel)
  func `what the device refuses is an error with the place in it`(stage: Stage) async throws {
    let scratch = try ScratchFile(byteCount: 1 << 20)
    let file = try DeviceFile(path: scratch.path)
    // The file shrinks behind our back: there is nothing left to read.
    #expect(truncate(scratch.path, 8192) == 0)
    try await stage.play { reactor, done in
      do {
        try file.device(on: reactor).read(at: 4096, count: 8192) { result in
          guard case .failure(let error) = result else { return done() }
          #expect(error.errno == EIO)
          #expect(error.operation.contains("8192 bytes at 4096"))
          done()
        }
      } catch {
        Issue.record(error)
        done()
      }
    }
  }

  @Test func `blocking calls read what they wrote`() throws {
    let scratch = try ScratchFile(byteCount: 1 << 20)
    let device = BlockingDevice(try DeviceFile(path: scratch.path))
    let bytes = pattern(16384, seed: 1)
    try bytes.withUnsafeBytes { (source) throws(SystemError) in try device.write(source, at: 4096) }
    try device.flush()
    let target = Slab(capacity: 16384)
    try device.read(into: .init(start: target.base, count: 16384), at: 4096)
    #expect(ByteSlice(target, count: 16384) == bytes)
  }

  @Test func `a lock that is let go within the patience is taken`() throws {
    let scratch = try ScratchFile(byteCount: 1 << 20)
    let first = Box<DeviceFile?>(try DeviceFile(path: scratch.path))
    let holder = Reactor(driver: try EpollDriver())
    try holder.start()
    holder.post { holder.schedule(after: .milliseconds(100)) { first.value = nil } }
    _ = try DeviceFile(path: scratch.path, patience: .seconds(5))
    holder.stop()
    holder.join()
  }

  @Test func `a path that is no device is refused`() {
    #expect(throws: SystemError.self) { try DeviceFile(path: "/dev/null") }
    #expect(throws: SystemError.self) { try DeviceFile(path: "/nowhere/device") }
  }
}
