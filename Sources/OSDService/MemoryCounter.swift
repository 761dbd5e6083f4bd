import Base
import CMalloc
import Configuration
import ObjectStores

/// Memory of the process and of the store's caches, as Ceph's loggers `bluestore-pricache` and
/// `bluestore-pricache:data`, `:kv` and `:meta`; all of it is set when it is read.
///
/// The caches here have fixed sizes: what is committed to one is what it may take, what is reserved is
/// what it does not take yet.
enum MemoryCounter {
  static func register(
    _ store: any ObjectStore, _ configuration: Configuration, in registry: PerfRegistry
  ) {
    registry.register(PerfCounters(name: "bluestore-pricache", declarations)) { counters in
      let process = ProcessMemory.now
      let memory = store.memory
      counters.set(0, configuration.size("osd_memory_target"))
      counters.set(1, process.resident)
      counters.set(2, process.heap - min(process.resident, process.heap))
      counters.set(3, process.heap)
      counters.set(4, memory.data.bytesMax + memory.onodes.bytesMax + memory.index.bytesMax)
    }
    let caches: [(String, @Sendable (StoreMemory) -> StoreMemory.Cache)] = [
      ("data", { $0.data }), ("kv", { $0.index }), ("meta", { $0.onodes }),
    ]
    for (name, cache) in caches {
      registry.register(PerfCounters(name: "bluestore-pricache:\(name)", cacheDeclarations)) {
        let cache = cache(store.memory)
        $0.set(0, cache.bytesMax - min(cache.bytes, cache.bytesMax))
        $0.set(1, cache.bytesMax)
      }
    }
  }

  private static let declarations = [
    PerfDeclaration(
      "target_bytes", .gauge, "target process memory usage in bytes", nick: "t", priority: 8,
      isBytes: true),
    PerfDeclaration(
      "mapped_bytes", .gauge, "total bytes mapped by the process", nick: "m", priority: 8,
      isBytes: true),
    PerfDeclaration(
      "unmapped_bytes", .gauge, "unmapped bytes that the kernel has yet to reclaimed", nick: "u",
      priority: 8, isBytes: true),
    PerfDeclaration(
      "heap_bytes", .gauge, "aggregate bytes in use by the heap", nick: "h", priority: 8,
      isBytes: true),
    PerfDeclaration(
      "cache_bytes", .gauge, "current memory available for caches.", nick: "c", priority: 8,
      isBytes: true),
  ]

  private static let cacheDeclarations = [
    PerfDeclaration(
      "reserved_bytes", .gauge, "bytes reserved for future growth.", nick: "r", priority: 5,
      isBytes: true),
    PerfDeclaration(
      "committed_bytes", .gauge, "total bytes committed,", nick: "c", priority: 5, isBytes: true),
  ]
}

/// Memory that malloc keeps though nobody uses it.
///
/// tcmalloc gives pages back while others are freed, so that an OSD at rest would keep for good what a
/// load took.
struct HeapMemory {
  private static let kept = 16 << 20
  /// Bounds how long the reactor is held up.
  private static let step = 16 << 20
  private var freeBefore = 0

  /// To be called about once a second: gives some of what is free, and was the last time, back to the
  /// system.
  mutating func settle() {
    let free = Int(CMalloc_freeBytes())
    let unwanted = min(free, freeBefore) - Self.kept
    if unwanted > 0 { CMalloc_releaseSome(min(unwanted, Self.step)) }
    freeBefore = free
  }

  /// Gives it back to the system; takes milliseconds.
  static func release() { CMalloc_release() }

  /// What tcmalloc says of itself; nil if this program has another allocator.
  static var report: String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8192) { text in
      guard CMalloc_report(text.baseAddress!, Int32(text.count)) != 0 else { return nil }
      return String(cString: text.baseAddress!)
    }
  }
}

/// What this process has of the machine's memory, in bytes.
struct ProcessMemory {
  /// In memory, without what files back.
  var resident: UInt64 = 0
  /// Asked for, touched or not.
  var heap: UInt64 = 0

  static var now: ProcessMemory {
    var memory = ProcessMemory()
    guard let text = TextFile.read("/proc/self/status") else { return memory }
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count >= 2, let kilobytes = UInt64(words[1]) else { continue }
      if words[0] == "RssAnon:" { memory.resident = kilobytes << 10 }
      if words[0] == "VmData:" { memory.heap = kilobytes << 10 }
    }
    return memory
  }
}
