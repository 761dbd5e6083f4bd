import Buffers
import Wire

/// Views of the 28 bytes that mean something else for each code (rados.h, `ceph_osd_op`'s union).
extension OSDOp {
  /// READ, WRITE, ZERO, TRUNCATE and the like. Truncate fields are CephFS's.
  package struct Extent: Hashable, Sendable {
    package var offset: UInt64 = 0
    package var length: UInt64 = 0
    package var truncateSize: UInt64 = 0
    package var truncateSequence: UInt32 = 0

    package init(offset: UInt64 = 0, length: UInt64 = 0) {
      self.offset = offset
      self.length = length
    }
  }

  package var extent: Extent {
    get {
      var extent = Extent(offset: words.0, length: words.1)
      extent.truncateSize = words.2
      extent.truncateSequence = words.3
      return extent
    }
    set {
      words = (newValue.offset, newValue.length, newValue.truncateSize, newValue.truncateSequence)
    }
  }

  /// GETXATTR and the like: lengths of name and value in `indata`, how to compare.
  package struct Attribute: Hashable, Sendable {
    package var nameCount: UInt32
    package var valueCount: UInt32
    /// 1 ==, 2 !=, 3 >, 4 >=, 5 <, 6 <=
    package var comparison: UInt8
    /// 1 as bytes, 2 as numbers
    package var mode: UInt8

    package init(nameCount: UInt32, valueCount: UInt32 = 0, comparison: UInt8 = 0, mode: UInt8 = 0)
    {
      self.nameCount = nameCount
      self.valueCount = valueCount
      self.comparison = comparison
      self.mode = mode
    }
  }

  package var attribute: Attribute {
    get {
      Attribute(
        nameCount: UInt32(truncatingIfNeeded: words.0),
        valueCount: UInt32(truncatingIfNeeded: words.0 >> 32),
        comparison: UInt8(truncatingIfNeeded: words.1),
        mode: UInt8(truncatingIfNeeded: words.1 >> 8))
    }
    set {
      words.0 = UInt64(newValue.nameCount) | UInt64(newValue.valueCount) << 32
      words.1 = UInt64(newValue.comparison) | UInt64(newValue.mode) << 8
    }
  }

  /// The name at the start of `indata`; nil when it is shorter than the lengths claim.
  package var attributeName: ByteString? {
    guard let name = indata.part(0, Int(attribute.nameCount)) else { return nil }
    return ByteString(name.contiguous())
  }

  /// The value behind the name.
  package var attributeValue: BufferList? {
    indata.part(Int(attribute.nameCount), Int(attribute.valueCount))
  }

  /// CALL: class, method and input stand one after the other in `indata`.
  package var callCounts: (className: UInt8, method: UInt8, input: UInt32) {
    get {
      (
        UInt8(truncatingIfNeeded: words.0), UInt8(truncatingIfNeeded: words.0 >> 8),
        UInt32(truncatingIfNeeded: words.0 >> 24)
      )
    }
    set {
      words.0 =
        UInt64(newValue.className) | UInt64(newValue.method) << 8 | UInt64(newValue.input) << 24
    }
  }

  package var callNames: (className: ByteString, method: ByteString)? {
    let counts = callCounts
    guard let className = indata.part(0, Int(counts.className)),
      let method = indata.part(Int(counts.className), Int(counts.method))
    else { return nil }
    return (ByteString(className.contiguous()), ByteString(method.contiguous()))
  }

  package var callInput: BufferList? {
    let counts = callCounts
    return indata.part(Int(counts.className) + Int(counts.method), Int(counts.input))
  }

  /// PGLS, PGNLS: how many entries, and the epoch the listing began in.
  package var listing: (count: UInt64, startEpoch: UInt32) {
    get { (words.0, UInt32(truncatingIfNeeded: words.1)) }
    set { (words.0, words.1) = (newValue.count, UInt64(newValue.startEpoch)) }
  }

  /// ROLLBACK.
  package var snap: SnapID {
    get { SnapID(words.0) }
    set { words.0 = newValue.rawValue }
  }

  /// WATCH. Operation: 0 unwatch, 1 the old watch, 3 watch, 5 reconnect, 7 ping.
  package struct Watch: Hashable, Sendable {
    package var cookie: UInt64
    package var operation: UInt8
    package var generation: UInt32
    /// Seconds; 0 is the OSD's default.
    package var timeout: UInt32

    package init(cookie: UInt64, operation: UInt8, generation: UInt32 = 0, timeout: UInt32 = 0) {
      self.cookie = cookie
      self.operation = operation
      self.generation = generation
      self.timeout = timeout
    }
  }

  package var watch: Watch {
    get {
      Watch(
        cookie: words.0, operation: UInt8(truncatingIfNeeded: words.2),
        generation: UInt32(truncatingIfNeeded: words.2 >> 8),
        timeout: UInt32(truncatingIfNeeded: words.2 >> 40) | (words.3 & 0xff) << 24)
    }
    set {
      words.0 = newValue.cookie
      words.2 =
        UInt64(newValue.operation) | UInt64(newValue.generation) << 8 | UInt64(newValue.timeout)
        << 40
      words.3 = newValue.timeout >> 24
    }
  }

  /// NOTIFY.
  package var notifyCookie: UInt64 {
    get { words.0 }
    set { words.0 = newValue }
  }

  /// ASSERT_VER.
  package var assertedVersion: UInt64 {
    get { words.1 }
    set { words.1 = newValue }
  }

  /// COPY_GET: how many bytes the answer may have.
  package var copyBytesMax: UInt64 {
    get { words.0 }
    set { words.0 = newValue }
  }

  /// COPY_FROM.
  package var copySource: (snap: SnapID, version: UInt64, flags: UInt8, adviseFlags: UInt32) {
    get {
      (
        SnapID(words.0), words.1, UInt8(truncatingIfNeeded: words.2),
        UInt32(truncatingIfNeeded: words.2 >> 8)
      )
    }
    set {
      (words.0, words.1) = (newValue.snap.rawValue, newValue.version)
      words.2 = UInt64(newValue.flags) | UInt64(newValue.adviseFlags) << 8
    }
  }

  /// SETALLOCHINT; flags are `CEPH_OSD_ALLOC_HINT_FLAG_*`.
  package var allocationHint: (objectSize: UInt64, writeSize: UInt64, flags: UInt32) {
    get { (words.0, words.1, UInt32(truncatingIfNeeded: words.2)) }
    set {
      (words.0, words.1, words.2) = (
        newValue.objectSize, newValue.writeSize, UInt64(newValue.flags)
      )
    }
  }

  /// WRITESAME: `length` bytes filled with a pattern of `dataLength`.
  package var writeSame: (offset: UInt64, length: UInt64, dataLength: UInt64) {
    get { (words.0, words.1, words.2) }
    set { (words.0, words.1, words.2) = (newValue.offset, newValue.length, newValue.dataLength) }
  }

  /// CHECKSUM; type: 0 xxhash32, 1 xxhash64, 2 crc32c.
  package var checksum: (offset: UInt64, length: UInt64, chunkSize: UInt32, type: UInt8) {
    get {
      (
        words.0, words.1, UInt32(truncatingIfNeeded: words.2),
        UInt8(truncatingIfNeeded: words.2 >> 32)
      )
    }
    set {
      (words.0, words.1) = (newValue.offset, newValue.length)
      words.2 = UInt64(newValue.chunkSize) | UInt64(newValue.type) << 32
    }
  }
}

extension BufferList {
  /// Bytes `from..<from+count`, nil when they are not all there.
  fileprivate func part(_ from: Int, _ count: Int) -> BufferList? {
    from + count <= self.count ? sub(from, count) : nil
  }
}
