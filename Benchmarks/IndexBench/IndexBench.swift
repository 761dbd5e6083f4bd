import Base
import Buffers
import Devices
import Glibc
import KeyValue

/// What the index costs: apply, flush, get and iterate at three keys a transaction (values of 180, 40
/// and 40 bytes, a million objects at random), and the memory that it holds.
///
/// `IndexBench FILE [TRANSACTIONS]`; FILE becomes a sparse file of 6 GiB.
@main struct IndexBench {
  private static let layout = RocksVolume.Layout(
    areaOffset: 4096, areaBytes: 4 << 20, regionBytes: 1 << 20)
  private static let objects = 1_000_000

  private let device: CountingDevice
  private let regions: BenchRegions
  private var index: RocksKeyValue
  private var random = SeededRandom(seed: 1)
  private let large = ByteSlice(zeros: 180)
  private let small = ByteSlice(zeros: 40)

  static func main() throws {
    guard CommandLine.arguments.count > 1 else { return print("usage: IndexBench FILE [TRANSACTIONS]") }
    let path = CommandLine.arguments[1]
    let transactions = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 200_000
    print("resident at start: \(Measure.residentMiB) MiB")
    try DeviceFile.create(path: path, byteCount: 6 << 30)
    let file = try DeviceFile(path: path)
    var bench = try IndexBench(file)
    try bench.load("apply, 1 transaction a batch", transactions, perBatch: 1)
    try bench.load("apply, 16 a batch", transactions, perBatch: 16)
    try bench.load("apply, 512 a batch, flush every 8192", transactions, perBatch: 512, flushEvery: 8192)
    try bench.flushes()
    try bench.reads()
    try bench.reopen()
    withExtendedLifetime(file) { bench.index.close() }
  }

  private init(_ file: DeviceFile) throws {
    device = CountingDevice(descriptor: file.descriptor)
    regions = BenchRegions(from: 8 << 20, count: 6000, bytes: Self.layout.regionBytes)
    index = try RocksKeyValue(
      volume: try RocksVolume.format(Self.layout, device: device, regions: regions))
    print("resident with an empty index: \(Measure.residentMiB) MiB, \(device.now.flushes) flushes")
  }

  private mutating func name() -> Substring {
    "0000000\(Int.random(in: 0..<Self.objects, using: &random))".suffix(8)
  }

  private mutating func add(to batch: inout KeyValueBatch) {
    let name = name()
    batch.put(ByteString("o.object.name.\(name)"), large)
    batch.put(ByteString("x.object.name.\(name)"), small)
    batch.put(ByteString("p.pglog.entry.\(name)"), small)
  }

  private mutating func load(
    _ what: String, _ transactions: Int, perBatch: Int, flushEvery: Int? = nil
  ) throws {
    let before = device.now
    let measure = Measure()
    var batch = KeyValueBatch()
    for number in 1...transactions / perBatch {
      batch.removeAll()
      for _ in 0..<perBatch { add(to: &batch) }
      try index.apply(batch)
      if let flushEvery, number * perBatch % flushEvery == 0 { try index.flush() }
    }
    measure.report(what, transactions)
    let bytes = (device.now.written - before.written) / transactions
    print("  device: \(device.now.flushes - before.flushes) flushes, \(bytes) B a transaction")
  }

  private mutating func flushes() throws {
    let first = Measure()
    try index.flush()
    first.report("flush", 1)
    let measure = Measure()
    var batch = KeyValueBatch()
    for _ in 0..<50 {
      batch.removeAll()
      add(to: &batch)
      try index.apply(batch)
      try index.flush()
    }
    measure.report("apply and flush of one transaction, compactions included", 50)
  }

  private mutating func reads() throws {
    let before = device.now
    let gets = Measure()
    for _ in 0..<100_000 { _ = try index.get(ByteString("o.object.name.\(name())")) }
    gets.report("get", 100_000)
    print("  device: \(device.now.reads - before.reads) reads")
    let scan = Measure()
    var entries = 0
    let cursor = try index.iterate(from: "o", to: "p")
    while try cursor.next() != nil { entries += 1 }
    scan.report("iterate", entries)
  }

  private mutating func reopen() throws {
    print(index.usage)
    index.close()
    let measure = Measure()
    index = try RocksKeyValue(
      volume: try RocksVolume.open(Self.layout, device: device, regions: regions))
    measure.report("open", 1)
  }
}
