import Base
import Buffers
import Glibc
import KeyValue
import Testing

/// The index on a device that crashes: what is found is a prefix of the batches, each whole, and not
/// shorter than at the last flush that returned.
@Suite(.serialized) struct RocksCrashTests {
  typealias Model = SortedMap<ByteString, ByteSlice>

  static let regions = 96
  static let options = {
    var options = RocksOptions()
    options.writeBufferBytes = 64 << 10
    options.blockCacheBytes = 1 << 20
    options.tableBytes = 64 << 10
    options.firstLevelBytes = 256 << 10
    return options
  }()

  struct Violation: Error, CustomStringConvertible { let description: String }

  /// One life of an index: opens what the device has, then writes until it is left for dead.
  struct Life {
    let device: RecordingDevice
    /// After each batch, from the one found on.
    var models: [Model] = []
    /// Number of the batch that `models[0]` is after.
    var first = 0
    /// Events when each later batch began to be applied, and when flushes returned with the number of
    /// batches that they covered.
    var began: [Int] = []
    var flushes: [(events: Int, batches: Int)] = []
    var returnedRegions = 0
  }

  static func open(
    _ device: RecordingDevice, format: Bool, regions: Int = regions
  ) throws -> (RocksKeyValue, TestRegions) {
    let space = TestRegions(device: device, count: regions)
    let layout = TestRegions.layout
    let volume =
      format
      ? try RocksVolume.format(layout, device: device, regions: space)
      : try RocksVolume.open(layout, device: device, regions: space)
    if !format { space.adopt(volume.regionOffsets) }
    return (try RocksKeyValue(volume: volume, options: options), space)
  }

  static let sequenceKey: ByteString = "~sequence"

  static func contents(_ index: RocksKeyValue) throws -> Model {
    var found = Model()
    let cursor = try index.iterate(from: "", to: nil)
    while let entry = try cursor.next() { found[entry.key] = entry.value }
    return found
  }

  static func randomBatch(
    _ number: Int, _ model: inout Model, _ random: inout SeededRandom
  )
    -> KeyValueBatch
  {
    func key() -> ByteString { ByteString("k\(Int.random(in: 0..<800, using: &random))") }
    var batch = KeyValueBatch()
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      switch Int.random(in: 0..<12, using: &random) {
      case 0:
        let (from, to) = (key(), key())
        batch.deleteRange(from: from, to: to)
        model.removeRange(from: from, to: to)
      case 1, 2:
        let gone = key()
        batch.delete(gone)
        model[gone] = nil
      default:
        let put = key()
        let length = Int.random(in: 0...700, using: &random)
        let fill = UInt8(truncatingIfNeeded: random.next())
        let value = ByteSlice([UInt8](repeating: fill, count: length))
        batch.put(put, value)
        model[put] = value
      }
    }
    // Now and then the index grows by more than its spare regions, and shrinks again.
    if Int.random(in: 0..<20, using: &random) == 0 {
      let big = ByteString("big\(Int.random(in: 0..<200, using: &random))")
      let value = ByteSlice([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 100_000))
      batch.put(big, value)
      model[big] = value
    }
    if number % 450 == 400 {
      batch.deleteRange(from: "big", to: "bih")
      model.removeRange(from: "big", to: "bih")
    }
    let sequence = ByteString("\(number)").slice
    batch.put(sequenceKey, sequence)
    model[sequenceKey] = sequence
    return batch
  }

  static func live(
    _ device: RecordingDevice, format: Bool, from: (first: Int, model: Model), batches: Int,
    _ random: inout SeededRandom
  ) throws -> Life {
    var life = Life(device: device, models: [from.model], first: from.first)
    let (index, space) = try open(device, format: format)
    var model = from.model
    // What was found is durable already.
    life.flushes.append((0, from.first))
    for number in 1...batches {
      let batch = randomBatch(from.first + number, &model, &random)
      life.began.append(device.eventCount)
      life.models.append(model)
      try index.apply(batch)
      if Int.random(in: 0..<40, using: &random) == 0 {
        try index.flush()
        life.flushes.append((device.eventCount, from.first + number))
      }
      if number % 450 == 420 { try index.compact() }
    }
    index.close()
    life.returnedRegions = space.returned
    return life
  }

  /// Opens what a crash left and finds out which batch it is after.
  static func verify(_ state: RecordingDevice, of life: Life, at moment: Int) throws -> (Int, Model)
  {
    let (index, _) = try open(state, format: false)
    defer { index.close() }
    let found = try contents(index)
    let number = found[sequenceKey].flatMap { Int($0.text) } ?? 0
    let least = life.flushes.last { $0.events <= moment }?.batches ?? 0
    let most = life.first + life.began.count { $0 <= moment }
    guard number >= least, number <= most else {
      throw Violation(
        description: "crash at \(moment): after batch \(number), wanted \(least) to \(most)")
    }
    let wanted = life.models[number - life.first]
    guard found.count == wanted.count,
      zip(found, wanted).allSatisfy({ $0.key == $1.key && $0.value == $1.value })
    else {
      throw Violation(description: "crash at \(moment): not the state after batch \(number)")
    }
    return (number, found)
  }

  static func run(
    seed: UInt64, lives: Int = 3, batches: Int = 900, crashes: Int = 12, mutant: Bool = false
  ) throws -> (states: Int, returned: Int) {
    var random = SeededRandom(seed: seed)
    var device = RecordingDevice(byteCount: TestRegions.deviceBytes(regions: regions))
    device.skipsEveryOtherFlush = mutant
    var from = (first: 0, model: Model())
    var states = 0
    var returned = 0
    for number in 0..<lives {
      let life = try live(device, format: number == 0, from: from, batches: batches, &random)
      returned += life.returnedRegions
      // Once there is an empty index; before that, mkfs begins anew.
      let earliest = number == 0 ? life.began[0] : 0
      for crash in 0..<crashes {
        let moment =
          crash == 0
          ? device.eventCount : Int.random(in: earliest...device.eventCount, using: &random)
        let state = device.crash(at: moment, using: &random)
        let (found, model) = try verify(state, of: life, at: moment)
        states += 1
        if crash == crashes - 1 {
          // The next life begins with what this crash left, once it was opened and left again.
          from = (found, model)
          device = state.crash(
            at: Int.random(in: 0...state.eventCount, using: &random), using: &random)
          device.skipsEveryOtherFlush = mutant
        }
      }
    }
    return (states, returned)
  }

  /// More by `ROCKS_CRASH_SEEDS`.
  static let seeds = 1...(getenv("ROCKS_CRASH_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 6)

  @Test(arguments: seeds)
  func `a crash leaves a prefix not shorter than the last flush`(seed: UInt64) throws {
    let (states, returned) = try Self.run(seed: seed)
    #expect(states == 36)
    #expect(returned > 0, "no region was ever given back")
  }

  @Test func `a table written before its data is flushed is caught`() {
    let caught = (1...8 as ClosedRange<UInt64>).contains { seed in
      do {
        _ = try Self.run(seed: seed, lives: 1, batches: 600, crashes: 30, mutant: true)
        return false
      } catch {
        return true
      }
    }
    #expect(caught)
  }

  @Test func `nothing is written after close, though a snapshot lives on`() throws {
    var random = SeededRandom(seed: 5)
    var model = Model()
    let device = RecordingDevice(byteCount: TestRegions.deviceBytes(regions: Self.regions))
    let (index, _) = try Self.open(device, format: true)
    for number in 1...600 { try index.apply(Self.randomBatch(number, &model, &random)) }
    try index.flush()
    let snapshot = try index.snapshot()
    for number in 601...1200 { try index.apply(Self.randomBatch(number, &model, &random)) }
    index.close()
    let events = device.eventCount
    #expect(try snapshot.get(Self.sequenceKey)?.text == "600")
    usleep(100_000)
    #expect(device.eventCount == events)
    #expect(throws: KeyValueError.self) { try index.snapshot() }
  }

  /// A compaction may have left out what it could not read.
  @Test func `nothing that is written after a read that failed counts`() throws {
    var random = SeededRandom(seed: 6)
    var model = Model()
    let device = RecordingDevice(byteCount: TestRegions.deviceBytes(regions: Self.regions))
    let (first, _) = try Self.open(device, format: true)
    for number in 1...600 { try first.apply(Self.randomBatch(number, &model, &random)) }
    try first.flush()
    first.close()
    let (index, _) = try Self.open(device, format: false)
    device.failsReads = true
    #expect(throws: KeyValueError.self) { for entry in model { _ = try index.get(entry.key) } }
    device.failsReads = false
    #expect(throws: KeyValueError.self) {
      try index.apply(Self.randomBatch(601, &model, &random))
      try index.flush()
    }
    index.close()
    let (again, _) = try Self.open(device, format: false)
    #expect(try again.get(Self.sequenceKey)?.text == "600")
    again.close()
  }

  @Test(arguments: [5, 12])
  func `a full device is told, and opens again`(regions: Int) throws {
    var random = SeededRandom(seed: UInt64(regions))
    var model = Model()
    var models = [model]
    let device = RecordingDevice(byteCount: TestRegions.deviceBytes(regions: regions))
    let (index, _) = try Self.open(device, format: true, regions: regions)
    var flushed = 0
    let full = #expect(throws: KeyValueError.self) {
      for number in 1...4000 {
        var batch = Self.randomBatch(number, &model, &random)
        let name = ByteString("full\(number)")
        let bytes = ByteSlice([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 20_000))
        batch.put(name, bytes)
        model[name] = bytes
        models.append(model)
        try index.apply(batch)
        if number % 10 == 0 {
          try index.flush()
          flushed = number
        }
      }
    }
    #expect(full?.errno == ENOSPC)
    index.close()
    var left = device
    for _ in 0..<12 {
      let (again, _) = try Self.open(left, format: false, regions: regions)
      // As power would leave it right after a start; what is written from then on is lost.
      let next = left.crash(at: left.eventCount, using: &random)
      defer { left = next }
      let found = try Self.contents(again)
      let number = found[Self.sequenceKey].flatMap { Int($0.text) } ?? 0
      #expect(number >= flushed)
      #expect(found.elementsEqual(models[number]) { $0.key == $1.key && $0.value == $1.value })
      again.close()
    }
  }
}
