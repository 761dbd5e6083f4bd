import Base
import Buffers
import KeyValue
import Testing

/// What every `KeyValue` must do, over both forms.
@Suite struct KeyValueContractTests {
  enum Form: CaseIterable { case memory, rocks }

  /// `body` gets the index and a closure that closes and reopens it after a flush.
  private func run(
    _ form: Form,
    _ body: (inout any KeyValue, _ reopen: (any KeyValue) throws -> any KeyValue) throws
      -> Void
  ) throws {
    switch form {
    case .memory:
      var index: any KeyValue = MemoryKeyValue()
      try body(&index) { old in
        try old.flush()
        guard let memory = old as? MemoryKeyValue else { return old }
        return memory.crash(keeping: 0)
      }
    case .rocks:
      let device = RecordingDevice(
        byteCount: TestRegions.deviceBytes(regions: RocksCrashTests.regions))
      var index: any KeyValue = try RocksCrashTests.open(device, format: true).0
      try body(&index) { old in
        try old.flush()
        old.close()
        return try RocksCrashTests.open(device, format: false).0
      }
      index.close()
    }
  }

  private func entries(_ cursor: any KeyValueCursor) throws -> [String] {
    var found: [String] = []
    while let entry = try cursor.next() { found.append("\(entry.key)=\(entry.value.text)") }
    return found
  }

  private func batch(_ build: (inout KeyValueBatch) -> Void) -> KeyValueBatch {
    var batch = KeyValueBatch()
    build(&batch)
    return batch
  }

  @Test(arguments: Form.allCases)
  func `keys are in order, ranges and directions are kept`(form: Form) throws {
    try run(form) { index, reopen in
      try index.apply(
        batch {
          for key in ["b", "a", "c", "ab", "d"] as [ByteString] { $0.put(key, key.slice) }
          $0.put(ByteString([0xff, 0x00]), ByteString("high").slice)
        })
      for _ in 0..<2 {
        #expect(
          try entries(index.iterate(from: "", to: "\u{7f}")) == [
            "a=a", "ab=ab", "b=b", "c=c", "d=d",
          ])
        #expect(try entries(index.iterate(from: "ab", to: "c")) == ["ab=ab", "b=b"])
        #expect(try entries(index.iterate(from: "aa", to: "c", reverse: true)) == ["b=b", "ab=ab"])
        #expect(try entries(index.iterate(from: "d", to: nil, reverse: true)).count == 2)
        #expect(try entries(index.iterate(from: "c", to: "c")) == [])
        #expect(try entries(index.iterate(from: "d", to: "a")) == [])
        #expect(try entries(index.iterate(from: "x", to: "y", reverse: true)) == [])
        #expect(try index.get(ByteString([0xff, 0x00]))?.text == "high")
        #expect(try index.get("nothing") == nil)
        index = try reopen(index)
      }
    }
  }

  @Test(arguments: Form.allCases)
  func `what memory tells of a key is true, and it tells of most`(form: Form) throws {
    try run(form) { index, reopen in
      let keys = (0..<400).map { ByteString("key \($0)") }
      for (number, key) in keys.enumerated() where number % 2 == 0 {
        try index.apply(batch { $0.put(key, key.slice) })
        if number % 50 == 0 { try index.flush() }
      }
      for _ in 0..<2 {
        // What tells is in memory once it was asked for.
        for key in keys { _ = try index.get(key) }
        var told = (there: 0, absent: 0)
        for (number, key) in keys.enumerated() {
          switch index.peek(key) {
          case .value(let value):
            #expect(number % 2 == 0 && value == key.slice)
            told.there += 1
          case .absent:
            #expect(number % 2 == 1)
            told.absent += 1
          case .unknown: break
          }
        }
        #expect(told.there > 50 && told.absent > 50)
        index = try reopen(index)
      }
      try index.apply(batch { $0.delete(keys[0]) })
      #expect(try index.get(keys[0]) == nil)
    }
  }

  /// RocksDB opens but some of its tables at first, and tells nothing true of keys in the others.
  @Test(arguments: Form.allCases)
  func `what memory tells of keys in tables that nobody has opened is true`(form: Form) throws {
    try run(form) { index, reopen in
      let keys = (0..<4000).map { ByteString("key \($0)") }
      for key in keys {
        let value = BufferList(ByteSlice([UInt8](repeating: key.bytes.last ?? 0, count: 800)))
        try index.apply(batch { $0.put(key, value) })
      }
      try index.apply(batch { $0.put("empty", ByteSlice.empty) })
      try index.compact()
      index = try reopen(index)
      for key in keys {
        guard case .value(let value) = index.peek(key) else { continue }
        #expect(value.count == 800 && value[0] == key.bytes.last)
      }
      if case .value = index.peek("empty") { Issue.record("an empty value cannot be told") }
      #expect(try index.get("empty")?.count == 0)
    }
  }

  @Test(arguments: Form.allCases)
  func `a batch's changes happen in order`(form: Form) throws {
    try run(form) { index, _ in
      try index.apply(
        batch { for n in 0..<10 { $0.put(ByteString("k\(n)"), ByteString("1").slice) } })
      try index.apply(
        batch {
          $0.put("k3", ByteString("lost").slice)
          $0.deleteRange(from: "k2", to: "k5")
          $0.put("k4", BufferList(ByteString("kept").slice))
          $0.delete("k0")
          $0.deleteRange(from: "k9", to: "k8")
        })
      let found = try entries(index.iterate(from: "", to: nil))
      #expect(found == ["k1=1", "k4=kept", "k5=1", "k6=1", "k7=1", "k8=1", "k9=1"])
      try index.apply(KeyValueBatch())
    }
  }

  @Test(arguments: Form.allCases)
  func `a snapshot stays as it was`(form: Form) throws {
    try run(form) { index, _ in
      try index.apply(
        batch { for n in 0..<5 { $0.put(ByteString("k\(n)"), ByteString("old").slice) } })
      let snapshot = try index.snapshot()
      let cursor = try snapshot.iterate(from: "", to: nil)
      try index.apply(
        batch {
          $0.deleteRange(from: "k0", to: "k3")
          $0.put("k3", ByteString("new").slice)
          $0.put("k9", ByteString("new").slice)
        })
      try index.flush()
      #expect(try entries(cursor) == (0..<5).map { "k\($0)=old" })
      #expect(try snapshot.get("k3")?.text == "old")
      #expect(try snapshot.get("k9") == nil)
      #expect(try entries(index.iterate(from: "", to: nil)) == ["k3=new", "k4=old", "k9=new"])
    }
  }

  @Test(arguments: Form.allCases, 1...4)
  func `random batches do what a sorted map does`(form: Form, seed: UInt64) throws {
    try run(form) { index, reopen in
      var random = SeededRandom(seed: seed)
      var model = RocksCrashTests.Model()
      for number in 1...400 {
        try index.apply(RocksCrashTests.randomBatch(number, &model, &random))
        let key = ByteString("k\(Int.random(in: 0..<800, using: &random))")
        #expect(try index.get(key) == model[key])
        guard number % 100 == 0 else { continue }
        let cursor = try index.iterate(from: "", to: nil)
        var found: [KeyValueEntry] = []
        while let entry = try cursor.next() { found.append(entry) }
        #expect(found == model.map { KeyValueEntry($0.key, $0.value) })
        let backwards = try index.iterate(from: "k2", to: "k5", reverse: true)
        var some: [ByteString] = []
        while let entry = try backwards.next() { some.append(entry.key) }
        let (low, high): (ByteString, ByteString) = ("k2", "k5")
        let wanted: [ByteString] = model.map(\.key).filter { low <= $0 && $0 < high }
        #expect(some == Array(wanted.reversed()))
        if number == 200 { index = try reopen(index) }
      }
    }
  }

  @Test func `a crash of the memory form keeps a prefix`() throws {
    let index = MemoryKeyValue()
    for number in 0..<10 {
      try index.apply(batch { $0.put(ByteString("k\(number)"), ByteSlice.empty) })
      if number == 3 { try index.flush() }
    }
    #expect(index.batchesSinceFlush == 6)
    let left = index.crash(keeping: 2)
    #expect(try entries(left.iterate(from: "", to: nil)).count == 6)
    #expect(throws: KeyValueError.self) { try index.get("k0") }
    #expect(throws: KeyValueError.self) { try index.flush() }
  }

  @Test func `the end of a prefix`() {
    #expect(ByteString("ab").afterPrefix == "ac")
    #expect(ByteString([1, 0xff]).afterPrefix == ByteString([2]))
    #expect(ByteString([0xff]).afterPrefix == nil)
    #expect(ByteString().afterPrefix == nil)
  }
}
