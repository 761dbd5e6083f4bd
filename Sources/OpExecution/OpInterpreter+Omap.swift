import Buffers
import ObjectStores
import RadosTypes
import Wire

/// Ops that read omap.
extension OpInterpreter {
  /// How many entries may be answered.
  private func entriesMax(_ wanted: UInt64) -> Int { Int(min(wanted, limits.omapEntriesMax)) }

  private mutating func answerEmpty() -> Progress {
    var writer = WireWriter()
    writer.write(UInt32(0))
    writer.write(false)
    op.outdata = writer.finishList()
    countRead(op.outdata.count)
    return .unchanged
  }

  mutating func omapGetKeys() -> Progress {
    var reader = input
    guard let startAfter = try? reader.readByteString(), let wanted = try? reader.read(UInt64.self)
    else { return .failed(Errno.EINVAL) }
    guard state.info.flags.contains(.omap) else { return answerEmpty() }
    return .needs(
      .omapEntries(
        start: .after(startAfter), prefix: ByteString(), maxEntries: entriesMax(wanted),
        maxBytes: limits.omapBytesMax))
  }

  mutating func omapGetKeys(got answer: StoreAnswer) -> Progress {
    guard case .page(let page) = answer else { return failure(answer) }
    var writer = WireWriter()
    writer.write(array: page.entries) { writer, entry in writer.write(entry.name) }
    writer.write(page.hasMore)
    op.outdata = writer.finishList()
    countRead(op.outdata.count)
    return .unchanged
  }

  mutating func omapGetValues() -> Progress {
    var reader = input
    guard let startAfter = try? reader.readByteString(), let wanted = try? reader.read(UInt64.self),
      let prefix = try? reader.readByteString()
    else { return .failed(Errno.EINVAL) }
    guard state.info.flags.contains(.omap) else { return answerEmpty() }
    return .needs(
      .omapEntries(
        start: prefix > startAfter ? .from(prefix) : .after(startAfter), prefix: prefix,
        maxEntries: entriesMax(wanted), maxBytes: limits.omapBytesMax))
  }

  mutating func omapGetValues(got answer: StoreAnswer) -> Progress {
    guard case .page(let page) = answer else { return failure(answer) }
    var writer = WireWriter()
    Self.write(page.entries, into: &writer)
    writer.write(page.hasMore)
    op.outdata = writer.finishList()
    countRead(op.outdata.count)
    return .unchanged
  }

  private static func write(_ entries: [NamedValue], into writer: inout WireWriter) {
    writer.write(array: entries) { writer, entry in
      writer.write(entry.name)
      writer.write(entry.value)
    }
  }

  mutating func omapGetHeader(got answer: StoreAnswer) -> Progress {
    guard case .omapHeader(let header) = answer else { return failure(answer) }
    op.outdata = BufferList(header)
    countRead(header.count)
    return .unchanged
  }

  mutating func omapGetValuesByKeys() -> Progress {
    var reader = input
    guard
      let keys = try? reader.readArray(
        elementBytesMin: 4,
        { (reader) throws(DecodeError) in
          try reader.readByteString()
        })
    else { return .failed(Errno.EINVAL) }
    guard state.info.flags.contains(.omap) else { return omapGetValuesByKeys(got: .values([])) }
    return .needs(.omapValues(Array(Set(keys)).sorted()))
  }

  mutating func omapGetValuesByKeys(got answer: StoreAnswer) -> Progress {
    guard case .values(let entries) = answer else { return failure(answer) }
    var writer = WireWriter()
    Self.write(entries, into: &writer)
    op.outdata = writer.finishList()
    countRead(op.outdata.count)
    return .unchanged
  }

  /// What OMAP_CMP asserts: for each key, a value and how the stored one must compare with it.
  private func assertions() -> [ByteString: (value: ByteString, comparison: UInt32)]? {
    var reader = input
    return try? reader.readMap(
      { (reader) throws(DecodeError) in try reader.readByteString() },
      { (reader) throws(DecodeError) in
        (value: try reader.readByteString(), comparison: try reader.read(UInt32.self))
      })
  }

  mutating func omapCompare() -> Progress {
    guard state.isVisible else { return .failed(Errno.ENOENT) }
    guard let assertions = assertions() else { return .failed(Errno.EINVAL) }
    guard state.info.flags.contains(.omap) else { return omapCompare(got: .values([])) }
    return .needs(.omapValues(assertions.keys.sorted()))
  }

  mutating func omapCompare(got answer: StoreAnswer) -> Progress {
    guard case .values(let entries) = answer else { return failure(answer) }
    guard let assertions = assertions() else { return .failed(Errno.EINVAL) }
    delta.reads += 1
    let stored = Dictionary(entries.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    for (key, wanted) in assertions.sorted(by: { $0.key < $1.key }) {
      let found = ByteString(stored[key] ?? .empty)
      let holds: Bool
      switch wanted.comparison {
      case 1: holds = found == wanted.value
      case 3: holds = found > wanted.value
      case 5: holds = found < wanted.value
      default: return .failed(Errno.EINVAL)
      }
      if !holds { return .failed(Errno.ECANCELED) }
    }
    return .unchanged
  }
}

/// Ops that change omap.
extension OpInterpreter {
  private mutating func markOmap() {
    isOmapDirty = true
    state.info.flags.insert(.omap)
    state.info.clearOmapDigest()
    delta.writes += 1
  }

  mutating func omapSetValues() -> Progress {
    var reader = input
    guard
      let entries = try? reader.readArray(
        elementBytesMin: 8,
        { (reader) throws(DecodeError) in
          NamedValue(try reader.readByteString(), try reader.readBytes())
        })
    else { return .failed(Errno.EINVAL) }
    createIfAbsent()
    if !entries.isEmpty { transaction.omapSet(object, in: collection, entries) }
    delta.writeKB += kilobytes(op.indata.count)
    markOmap()
    return .done(0)
  }

  mutating func omapSetHeader() -> Progress {
    createIfAbsent()
    transaction.omapSetHeader(object, in: collection, op.indata.contiguous())
    markOmap()
    return .done(0)
  }

  mutating func omapClear() -> Progress {
    guard state.isVisible else { return .failed(Errno.ENOENT) }
    guard state.info.flags.contains(.omap) else { return .done(0) }
    isTouched = true
    transaction.omapClear(object, in: collection)
    markOmap()
    state.info.flags.remove(.omap)
    return .done(0)
  }

  mutating func omapRemoveKeys() -> Progress {
    guard state.isVisible else { return .failed(Errno.ENOENT) }
    var reader = input
    guard
      let keys = try? reader.readArray(
        elementBytesMin: 4,
        { (reader) throws(DecodeError) in
          try reader.readByteString()
        })
    else { return .failed(Errno.EINVAL) }
    removeFromOmap()
    transaction.omapRemove(object, in: collection, keys)
    return .done(0)
  }

  mutating func omapRemoveKeyRange() -> Progress {
    guard state.isVisible else { return .failed(Errno.ENOENT) }
    var reader = input
    guard let from = try? reader.readByteString(), let to = try? reader.readByteString() else {
      return .failed(Errno.EINVAL)
    }
    removeFromOmap()
    transaction.omapRemoveRange(object, in: collection, from: from, to: to)
    return .done(0)
  }

  private mutating func removeFromOmap() {
    isTouched = true
    isOmapDirty = true
    delta.writes += 1
    state.info.clearOmapDigest()
  }
}
