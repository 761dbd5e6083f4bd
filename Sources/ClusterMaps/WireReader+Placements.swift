import Buffers
import RadosTypes
import Wire

/// Parts that full and incremental maps have alike.
extension WireReader {
  /// `map<pg_t, vector<s32>>`.
  mutating func readOSDLists() throws(DecodeError) -> [PGID: [Int32]] {
    try readMap(
      { (reader) throws(DecodeError) in try PGID(from: &reader) },
      { (reader) throws(DecodeError) in try reader.readNumberArray() })
  }

  /// `map<pg_t, vector<pair<s32, s32>>>`.
  mutating func readUpmapItems() throws(DecodeError) -> [PGID: [OSDMap.UpmapItem]] {
    try readMap(
      { (reader) throws(DecodeError) in try PGID(from: &reader) },
      { (reader) throws(DecodeError) in
        try reader.readArray(elementBytesMin: 8) { (reader) throws(DecodeError) in
          OSDMap.UpmapItem(from: try reader.read(), to: try reader.read())
        }
      })
  }

  /// `map<s64, interval_set<snapid_t>>`, by pool.
  mutating func readSnapSets() throws(DecodeError) -> [Int64: IntervalSet] {
    try readMap(
      { (reader) throws(DecodeError) in try reader.read(Int64.self) },
      { (reader) throws(DecodeError) in try IntervalSet(from: &reader) })
  }
}

extension WireWriter {
  mutating func write(osdLists map: [PGID: [Int32]]) {
    write(map: map) { writer, pg, osds in
      writer.write(pg)
      writer.write(numbers: osds)
    }
  }

  mutating func write(upmapItems map: [PGID: [OSDMap.UpmapItem]]) {
    write(map: map) { writer, pg, items in
      writer.write(pg)
      writer.write(array: items) { writer, item in
        writer.write(item.from)
        writer.write(item.to)
      }
    }
  }

  mutating func write(snapSets map: [Int64: IntervalSet]) {
    write(map: map) { writer, pool, snaps in
      writer.write(pool)
      writer.write(snaps)
    }
  }
}
