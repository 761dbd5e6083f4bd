import Base
import Buffers
import Glibc
import ObjectStores
import RadosTypes

/// A read of an object's data: its pieces in order, those that come from the device still empty.
private final class DataRead {
  /// Of the pieces' bytes, `skip` are not asked for, then `count` are.
  let skip: Int
  let count: Int
  /// The data cache is left out.
  let fromDevice: Bool
  let began: Instant
  var pieces: [BufferList] = []
  var blocksInMemory = 0
  var blocksOnDevice = 0
  var left = 0
  var failure: StoreError?
  var number: UInt64 = 0

  init(skip: Int, count: Int, fromDevice: Bool, began: Instant) {
    self.skip = skip
    self.count = count
    self.fromDevice = fromDevice
    self.began = began
  }

  /// What memory has, to the last piece unless that is to come from the device.
  func append(_ content: ByteSlice, afterDevice piece: Int?) {
    if pieces.isEmpty || pieces.count - 1 == piece {
      pieces.append(BufferList(content))
    } else {
      pieces[pieces.count - 1].append(content)
    }
  }

  func appendFromMemory(_ content: ByteSlice, afterDevice piece: Int?) {
    blocksInMemory += content.count / Limits.unitBytes
    append(content, afterDevice: piece)
  }

  var bytes: BufferList {
    if pieces.count == 1, skip == 0, count == pieces[0].count { return pieces[0] }
    var all = BufferList()
    for piece in pieces { all.append(piece) }
    return skip == 0 && count == all.count ? all : all.sub(skip, count)
  }
}

extension Partition {
  private static let zeros = ByteSlice(zeros: 64 << 10)

  /// Calls `done` with the onode (existing or not) when all queued before is applied; at once if it is
  /// in memory. EIO if the store fails meanwhile.
  func withOnode(
    _ object: GHObject, in collection: StoreCollection,
    _ done: @escaping (Result<Onode, StoreError>) -> Void
  ) {
    let key = key(of: object, in: collection.id)
    guard waiting.isEmpty else {
      return waiting.append(
        .onode(key, pool: object.object.pool) { result in
          done(
            Self.belongs(object, to: collection)
              ? result : result.map { _ in Onode(key: key, pool: object.object.pool) })
        })
    }
    guard Self.belongs(object, to: collection) else {
      return done(.success(Onode(key: key, pool: object.object.pool)))
    }
    findOnode(key, object.object.pool, done)
    if waiting.isEmpty { onodes.trim() }
  }

  /// An object's key does not name its collection; its hash does.
  private static func belongs(_ object: GHObject, to collection: StoreCollection) -> Bool {
    collection.id.pgID?.pgID.contains(hash: object.object.hash, bits: collection.bits) ?? true
  }

  private func findOnode(
    _ key: ByteString, _ pool: Int64, _ done: @escaping (Result<Onode, StoreError>) -> Void
  ) {
    if host.hasFailed { return done(.failure(Self.failed)) }
    if let onode = resident(key, pool: pool) { return done(.success(onode)) }
    load(key, pool: pool) { [self] in findOnode(key, pool, done) }
  }

  // MARK: Data

  /// Bytes `offset..<offset+length`, clipped.
  func read(
    _ onode: Onode, offset: UInt64, length: UInt64, fromDevice: Bool = false,
    done: @escaping (Result<BufferList, StoreError>) -> Void
  ) {
    guard let job = planned(onode, offset, length, fromDevice: fromDevice) else {
      return done(.success(BufferList()))
    }
    count(job)
    let finish = { done(job.failure.map { .failure($0) } ?? .success(job.bytes)) }
    if job.left == 0 { return finish() }
    job.number = dataReads.begin()
    start(job, finish)
  }

  /// The onode, existing or not, if memory has it and nothing queued before holds it up.
  func inMemory(_ object: GHObject, in collection: StoreCollection) -> Onode? {
    guard waiting.isEmpty, !host.hasFailed, Self.belongs(object, to: collection) else {
      return nil
    }
    let onode = resident(key(of: object, in: collection.id), pool: object.object.pool)
    onodes.trim()
    return onode
  }

  /// The same if memory has the object and all of these bytes, else nil; nothing is waited for.
  func readInMemory(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) -> BufferList? {
    guard let onode = inMemory(object, in: collection), onode.exists else { return nil }
    guard let job = planned(onode, offset, length) else { return BufferList() }
    guard job.left == 0 else { return nil }
    count(job)
    return job.bytes
  }

  /// nil: nothing of the object is in this range.
  private func planned(
    _ onode: Onode, _ offset: UInt64, _ length: UInt64, fromDevice: Bool = false
  ) -> DataRead? {
    let size = onode.record.size
    guard offset < size, length > 0 else { return nil }
    let end = min(offset &+ min(length, size), size)
    let unit = Limits.unitBytes
    let first = Int(offset) / unit
    let job = DataRead(
      skip: Int(offset) - first * unit, count: Int(end - offset), fromDevice: fromDevice,
      began: reactor.clock.now)
    plan(job, onode, first, (Int(end) - 1) / unit)
    return job
  }

  private func count(_ job: DataRead) {
    host.perf.add(StoreCounter.bufferHitBytes, UInt64(job.blocksInMemory * Limits.unitBytes))
    host.perf.add(StoreCounter.bufferMissBytes, UInt64(job.blocksOnDevice * Limits.unitBytes))
    guard job.left == 0 else { return }
    host.perf.sample(StoreCounter.readLatency, reactor.clock.nanoseconds(since: job.began))
  }

  private func plan(_ job: DataRead, _ onode: Onode, _ first: Int, _ last: Int) {
    deviceRuns.clear()
    var number = -1
    var block = first
    while block <= last {
      if block / Segment.blocks != number {
        number = block / Segment.blocks
        decodeOwn(segment, onode.segment(number))
      }
      if !job.fromDevice, let content = cachedRun(from: block, through: last) {
        job.appendFromMemory(content, afterDevice: deviceRuns.last?.piece)
        block += content.count / Limits.unitBytes
      } else {
        plan(job, onode, block)
        block += 1
      }
    }
  }

  /// What the cache has of this block and those behind it in the segment, if it is as it was written.
  private func cachedRun(from block: Int, through last: Int) -> ByteSlice? {
    let index = block % Segment.blocks
    let count = segment.neighbours(index, most: last - block + 1)
    return count == 0 ? nil : data.find(segment[index].unit, most: count)
  }

  private func plan(_ job: DataRead, _ onode: Onode, _ block: Int) {
    let place = segment[block % Segment.blocks]
    let patch = place.isPatched ? onode.patches[UInt32(block)] : nil
    if place.isHole {
      let zeros = Self.zeros.sub(0, Limits.unitBytes)
      job.append(patched(zeros, patch), afterDevice: deviceRuns.last?.piece)
    } else if let content = contentInMemory(place.unit, orCached: !job.fromDevice) {
      job.appendFromMemory(patched(content, patch), afterDevice: deviceRuns.last?.piece)
    } else {
      job.blocksOnDevice += 1
      planDevice(job, place, patch)
    }
  }

  private func planDevice(_ job: DataRead, _ place: BlockPlace, _ patch: Patch?) {
    if let last = deviceRuns.last, last.piece == job.pieces.count - 1,
      last.unit + UInt64(last.sums.count) == place.unit, last.sums.count < 256
    {
      if let patch { deviceRuns[deviceRuns.count - 1].patches.append((last.sums.count, patch)) }
      deviceRuns[deviceRuns.count - 1].sums.append(place.checksum)
      return
    }
    job.pieces.append(BufferList())
    job.left += 1
    deviceRuns.append(
      PlannedRun(
        piece: job.pieces.count - 1, unit: place.unit, sums: [place.checksum],
        patches: patch.map { [(0, $0)] } ?? []))
  }

  private func patched(_ content: ByteSlice, _ patch: Patch?) -> ByteSlice {
    guard let patch else { return content }
    let slab = reactor.pool.slab(capacity: content.count)
    slab.base.copyMemory(from: content.start, byteCount: content.count)
    patch.apply(to: slab.base)
    return ByteSlice(slab, count: content.count)
  }

  private func start(_ job: DataRead, _ finish: @escaping () -> Void) {
    for run in deviceRuns {
      let count = run.sums.count * Limits.unitBytes
      device.read(at: run.unit * UInt64(Limits.unitBytes), count: count) { [self] result in
        switch result {
        case .success(let bytes): take(bytes, run, job)
        case .failure(let error): job.failure = StoreError(error, "read")
        }
        job.left -= 1
        guard job.left == 0 else { return }
        let took = reactor.clock.nanoseconds(since: job.began)
        host.perf.sample(StoreCounter.readLatency, took)
        host.perf.sample(StoreCounter.deviceReadLatency, took)
        finish()
        endDataRead(job.number)
      }
    }
  }

  private static let smallReadUnits = 4

  private func take(_ bytes: ByteSlice, _ run: PlannedRun, _ job: DataRead) {
    let isKept =
      data.isEnabled && !job.fromDevice
      && (run.sums.count <= Self.smallReadUnits
        || data.admitsLargeRead(of: run.unit, count: run.sums.count))
    for (index, sum) in run.sums.enumerated() {
      let block = bytes.sub(index * Limits.unitBytes, Limits.unitBytes)
      guard verify(block, run.unit + UInt64(index), sum) else {
        job.failure = .damaged("read", "unit \(run.unit + UInt64(index))")
        return
      }
    }
    // Copied, since the slab has no sums yet: it may be patched below, and what is cached may not.
    if isKept { data.insertRun(run.unit, BufferList(bytes), sums: run.sums[...]) }
    // Nobody else has these bytes yet.
    if run.patches.isEmpty { bytes.slab.blockSums = BlockSums(run.sums) }
    for (index, patch) in run.patches {
      patch.apply(to: bytes.slab.base + Int(bytes.offset) + index * Limits.unitBytes)
    }
    job.pieces[run.piece] = BufferList(bytes)
  }

  private func verify(_ block: ByteSlice, _ unit: UInt64, _ sum: UInt32) -> Bool {
    let found = CRC32C.checksum(block, seed: .max)
    if found == sum { return true }
    host.perf.add(StoreCounter.readErrors)
    host.log?.error(
      .bluestore, nil,
      "checksum of the block at \(unit * UInt64(Limits.unitBytes)): expected "
        + "\(String(sum, radix: 16)), found \(String(found, radix: 16)); answered with EIO")
    return false
  }

  /// The content of one unit as it was written.
  func readUnit(_ place: BlockPlace, done: @escaping (Result<ByteSlice, StoreError>) -> Void) {
    if let content = contentInMemory(place.unit) { return done(.success(content)) }
    let number = dataReads.begin()
    device.read(at: place.unit * UInt64(Limits.unitBytes), count: Limits.unitBytes) {
      [self] result in
      defer { endDataRead(number) }
      switch result {
      case .success(let bytes):
        done(
          verify(bytes, place.unit, place.checksum)
            ? .success(bytes) : .failure(.damaged("read", "unit \(place.unit)")))
      case .failure(let error): done(.failure(StoreError(error, "read")))
      }
    }
  }

  /// Where data is within `offset..<offset+length`.
  func extents(_ onode: Onode, offset: UInt64, length: UInt64) -> [DataExtent] {
    let size = onode.record.size
    guard offset < size, length > 0 else { return [] }
    let end = min(offset &+ min(length, size), size)
    let unit = UInt64(Limits.unitBytes)
    var extents: [DataExtent] = []
    var number = -1
    for block in offset / unit...(end - 1) / unit {
      if Int(block) / Segment.blocks != number {
        number = Int(block) / Segment.blocks
        decodeOwn(segment, onode.segment(number))
      }
      if segment[Int(block) % Segment.blocks].isNothing { continue }
      let from = max(block * unit, offset)
      let to = min((block + 1) * unit, end)
      if let last = extents.last, last.offset + last.length == from {
        extents[extents.count - 1].length += to - from
      } else {
        extents.append(DataExtent(offset: from, length: to - from))
      }
    }
    return extents
  }
}

/// Neighbouring units to read at once, and what they must read as.
struct PlannedRun {
  let piece: Int
  let unit: UInt64
  var sums: [UInt32]
  var patches: [(block: Int, patch: Patch)]
}
