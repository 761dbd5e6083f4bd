import RadosTypes
import Wire

/// What every log entry moves in a PG's information, so that the entry's own record can keep it.
///
/// Layout, numbers as varints: how far the tail is below the entry's version (epoch, version) and the users' last
/// version below the entry's, the number of the last report, then the statistics as 64-bit words (of the fields of
/// 4 bytes, two share one, the first of them below): a bit for each word that is not 0, and these words in order,
/// zigzag.
package struct PGProgress: Hashable, Sendable {
  package var tail: EVersion
  package var lastUserVersion: UInt64
  package var reportedSequence: UInt64
  package var sum: ObjectStatSum

  package init(
    tail: EVersion, lastUserVersion: UInt64, reportedSequence: UInt64, sum: ObjectStatSum
  ) {
    self.tail = tail
    self.lastUserVersion = lastUserVersion
    self.reportedSequence = reportedSequence
    self.sum = sum
  }

  private static let wordCount = ObjectStatSum.byteCount / 8
}

extension PGProgress {
  /// `entry`: the version of the entry before it.
  init(from reader: inout WireReader, after entry: EVersion) throws(DecodeError) {
    tail = try reader.readVersion(below: entry)
    lastUserVersion = entry.version &- (try reader.readVarint())
    reportedSequence = try reader.readVarint()
    sum = try Self.readSum(present: try reader.readVarint()) { () throws(DecodeError) in
      UInt64(bitPattern: try reader.readZigzag())
    }
  }

  /// As it stood in records of version 1: all whole, little-endian.
  init(wholeFrom reader: inout WireReader) throws(DecodeError) {
    tail = try reader.read()
    lastUserVersion = try reader.read()
    reportedSequence = try reader.read()
    sum = try Self.readSum(present: try reader.read()) { () throws(DecodeError) in
      try reader.read()
    }
  }

  private static func readSum(
    present: UInt64, _ next: () throws(DecodeError) -> UInt64
  ) throws(DecodeError) -> ObjectStatSum {
    guard present >> UInt64(wordCount) == 0 else { throw .invalid("statistics of a PG") }
    var words = [UInt64](repeating: 0, count: wordCount)
    for place in words.indices where present & 1 << UInt64(place) != 0 {
      words[place] = try next().littleEndian
    }
    return words.withUnsafeBytes { $0.loadUnaligned(as: ObjectStatSum.self) }
  }

  func encode(into writer: inout WireWriter, after entry: EVersion) {
    writer.write(tail, below: entry)
    writer.write(varint: entry.version &- lastUserVersion)
    writer.write(varint: reportedSequence)
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: Self.wordCount + 1) { words in
      var present: UInt64 = 0
      var count = 0
      withUnsafeBytes(of: sum) { bytes in
        for place in 0..<Self.wordCount {
          let word = bytes.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self)
          // One after the other, and the next over it if it is 0.
          words[count] = Int64(littleEndian: word)
          guard word != 0 else { continue }
          present |= 1 << UInt64(place)
          count += 1
        }
      }
      writer.write(varint: present)
      for place in 0..<count { writer.write(zigzag: words[place]) }
    }
  }
}
