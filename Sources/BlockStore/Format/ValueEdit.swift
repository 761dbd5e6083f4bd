import Wire

/// What of a key's value has changed, when little has: what a record of the log has of a value that is
/// changed again and again, like an object's record or a segment.
///
/// Layout: varint bytes of the new value; until that many are told: varint how many are as they were at
/// their place, varint how many are others, and these.
enum ValueEdit {
  /// Values of less are put whole.
  static let bytesMin = 64
  /// So many that are the same end what is told as changed.
  private static let gapMin = 4

  /// Appends the edit, unless it is more than half of the value; then nothing is left of it.
  static func encode(_ value: [UInt8], over old: [UInt8], _ buffer: EncodeBuffer) -> Bool {
    guard value.count >= bytesMin, old.count >= bytesMin else { return false }
    let start = buffer.count
    buffer.putVarint(value.count)
    return value.withUnsafeBytes { value in
      old.withUnsafeBytes { old in
        var at = 0
        while at < value.count {
          let same = sameBytes(value, old, from: at)
          let changed = at + same..<endOfChange(value, old, from: at + same)
          buffer.putVarint(same)
          buffer.putVarint(changed.count)
          buffer.putRaw(UnsafeRawBufferPointer(rebasing: value[changed]))
          at = changed.upperBound
          if buffer.count - start > value.count / 2 {
            buffer.cut(to: start)
            return false
          }
        }
        return true
      }
    }
  }

  @inline(__always)
  private static func sameBytes(
    _ value: UnsafeRawBufferPointer, _ old: UnsafeRawBufferPointer, from: Int
  ) -> Int {
    let end = min(value.count, old.count)
    var at = from
    while at + 8 <= end,
      value.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        == old.loadUnaligned(fromByteOffset: at, as: UInt64.self)
    { at += 8 }
    while at < end, value[at] == old[at] { at += 1 }
    return at - from
  }

  @inline(__always)
  private static func endOfChange(
    _ value: UnsafeRawBufferPointer, _ old: UnsafeRawBufferPointer, from: Int
  ) -> Int {
    let end = min(value.count, old.count)
    guard from < end else { return value.count }
    var at = from
    var same = 0
    while at < end {
      same = value[at] == old[at] ? same + 1 : 0
      at += 1
      if same == gapMin { return at - same }
    }
    // What is behind the old value's end is new.
    return value.count > end ? value.count : at - same
  }

  static func apply(_ edit: [UInt8], to old: [UInt8]) throws(DecodeError) -> [UInt8] {
    let result = edit.withUnsafeBytes { edit in
      Result { () throws(DecodeError) in try apply(ByteCursor(edit), to: old) }
    }
    return try result.get()
  }

  private static func apply(
    _ edit: ByteCursor, to old: [UInt8]
  ) throws(DecodeError) -> [UInt8] {
    var cursor = edit
    let count = try cursor.takeCount()
    var value: [UInt8] = []
    while value.count < count {
      let same = try cursor.takeCount()
      let changed = try cursor.takeCount()
      guard same + changed > 0, same + changed <= count - value.count,
        value.count + same <= old.count
      else { throw .invalid("edit: \(same)+\(changed) at \(value.count)") }
      value += old[value.count..<value.count + same]
      value += try cursor.takeRaw(changed)
    }
    guard cursor.isAtEnd else { throw .invalid("edit: \(cursor.remaining) bytes too many") }
    return value
  }
}
