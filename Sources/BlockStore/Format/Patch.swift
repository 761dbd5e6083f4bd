import Base
import Buffers
import Wire

/// Bytes that lie over one block until it is rewritten: what a small write to a block that is not in
/// memory leaves, kept in the log and the index instead of reading the block first.
///
/// Value of a `P` key: varint pieces; each u16 offset, u16 length, u8 kind (0 zeros, 1 bytes), bytes.
struct Patch: Equatable {
  struct Piece: Equatable {
    var start: Int
    var count: Int
    /// nil: zeros.
    var bytes: [UInt8]?

    var end: Int { start + count }

    func cut(_ from: Int, _ to: Int) -> Piece {
      Piece(
        start: from, count: to - from, bytes: bytes.map { Array($0[(from - start)..<(to - start)]) }
      )
    }
  }

  /// In order, not overlapping.
  private(set) var pieces: [Piece] = []

  var isEmpty: Bool { pieces.isEmpty }

  /// Whether nothing of the block below shows.
  var coversBlock: Bool {
    var at = 0
    for piece in pieces {
      guard piece.start <= at else { return false }
      at = piece.end
    }
    return at == Limits.unitBytes
  }

  mutating func lay(_ piece: Piece) {
    guard piece.count > 0 else { return }
    var next: [Piece] = []
    for old in pieces {
      if old.start < piece.start { next.append(old.cut(old.start, min(old.end, piece.start))) }
      if old.end > piece.end { next.append(old.cut(max(old.start, piece.end), old.end)) }
    }
    next.append(piece)
    next.sort { $0.start < $1.start }
    pieces = next
  }

  /// Lays the pieces over a block's bytes.
  func apply(to block: UnsafeMutableRawPointer) {
    for piece in pieces {
      if let bytes = piece.bytes {
        bytes.withUnsafeBytes {
          (block + piece.start).copyMemory(from: $0.baseAddress!, byteCount: piece.count)
        }
      } else {
        (block + piece.start).initializeMemory(as: UInt8.self, repeating: 0, count: piece.count)
      }
    }
  }

  func encode(_ buffer: EncodeBuffer) -> [UInt8] {
    buffer.clear()
    buffer.putVarint(pieces.count)
    for piece in pieces {
      buffer.put(UInt16(piece.start))
      buffer.put(UInt16(piece.count))
      buffer.put(UInt8(piece.bytes == nil ? 0 : 1))
      if let bytes = piece.bytes { buffer.putRaw(bytes) }
    }
    return buffer.array
  }

  init() {}

  init(decoding bytes: [UInt8]) throws(DecodeError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(DecodeError) in
        var cursor = ByteCursor(bytes)
        return try Patch(&cursor)
      }
    }
    self = try result.get()
  }

  private init(_ cursor: inout ByteCursor) throws(DecodeError) {
    var at = 0
    for _ in 0..<(try cursor.takeCount()) {
      let start = Int(try cursor.take(UInt16.self))
      let count = Int(try cursor.take(UInt16.self))
      guard start >= at, count > 0, start + count <= Limits.unitBytes else {
        throw .invalid("patch: piece \(start)+\(count)")
      }
      let isBytes = try cursor.take(UInt8.self) != 0
      pieces.append(
        Piece(start: start, count: count, bytes: isBytes ? Array(try cursor.takeRaw(count)) : nil))
      at = start + count
    }
  }
}
