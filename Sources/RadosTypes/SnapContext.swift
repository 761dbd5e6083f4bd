import Wire

/// The snapshots that a write must preserve: the newest number, and those that exist, newest first.
///
/// Ceph: `SnapContext`; prints `5=[5,3,1]` with hex numbers.
/// Layout: `seq: u64, snaps: vector<u64>`; no envelope.
package struct SnapContext: Hashable, Sendable {
  package var sequence: SnapID
  package var snaps: [SnapID]

  package init(sequence: SnapID = .zero, snaps: [SnapID] = []) {
    self.sequence = sequence
    self.snaps = snaps
  }

  package var isEmpty: Bool { sequence == .zero }

  /// No number may be above this: the two above stand for head and directory (`CEPH_MAXSNAP`).
  package static let sequenceMax = SnapID(0xffff_ffff_ffff_fffd)

  /// The numbers descend and none exceeds `sequence` (`SnapContext::is_valid`).
  package var isValid: Bool {
    guard sequence <= Self.sequenceMax else { return false }
    guard let newest = snaps.first else { return true }
    return newest <= sequence && zip(snaps, snaps.dropFirst()).allSatisfy { $0 > $1 }
  }
}

extension SnapContext: CustomStringConvertible {
  package var description: String {
    "\(sequence)=[\(snaps.map(\.description).joined(separator: ","))]"
  }
}

extension SnapContext: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    sequence = try reader.read()
    snaps = try reader.readArray(elementBytesMin: 8) { (reader) throws(DecodeError) in
      try SnapID(from: &reader)
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(sequence)
    writer.write(array: snaps)
  }
}
