import Wire

/// Where a store keeps an object: the OSD's own collection, a PG's, or a PG's temporary one.
///
/// Ceph: `coll_t`; prints `meta`, `2.1f_head`, `2.1f_TEMP`.
/// Layout, no envelope: version 2 is `2: u8, kind: u8 (0 meta, 2 PG), pg: spg_t, snap: u64`, whose snap
/// is always that of the head; version 3, for temporary ones, is `3: u8, text: string`.
package enum CollectionID: Hashable, Sendable {
  case meta
  case pg(ShardPGID)
  case temporary(ShardPGID)

  package init?(_ text: some StringProtocol) {
    if text == "meta" {
      self = .meta
    } else if text.hasSuffix("_head"), let pg = ShardPGID(text.dropLast(5)) {
      self = .pg(pg)
    } else if text.hasSuffix("_TEMP"), let pg = ShardPGID(text.dropLast(5)) {
      self = .temporary(pg)
    } else {
      return nil
    }
  }

  /// The PG whose collection this is.
  package var pgID: ShardPGID? {
    switch self {
    case .meta: nil
    case .pg(let pg), .temporary(let pg): pg
    }
  }

  /// The kind as it is on the wire and in the order of collections.
  private var kind: UInt8 {
    switch self {
    case .meta: 0
    case .pg: 2
    case .temporary: 3
    }
  }
}

extension CollectionID: Comparable, CustomStringConvertible {
  package static func < (left: CollectionID, right: CollectionID) -> Bool {
    if left.kind != right.kind { return left.kind < right.kind }
    guard let leftPG = left.pgID, let rightPG = right.pgID else { return false }
    return leftPG < rightPG
  }

  package var description: String {
    switch self {
    case .meta: "meta"
    case .pg(let pg): "\(pg)_head"
    case .temporary(let pg): "\(pg)_TEMP"
    }
  }
}

extension CollectionID: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    let version = try reader.read(UInt8.self)
    switch version {
    case 2:
      let kind = try reader.read(UInt8.self)
      let pg = try reader.read(ShardPGID.self)
      try reader.skip(8)
      switch kind {
      case 0: self = .meta
      case 2: self = .pg(pg)
      case 3: self = .temporary(pg)
      default: throw .invalid("collection of kind \(kind)")
      }
    case 3:
      let text = try reader.readString()
      guard let collection = CollectionID(text) else { throw .invalid("collection \(text)") }
      self = collection
    default: throw .invalid("coll_t of version \(version)")
    }
  }

  package func encode(into writer: inout WireWriter) {
    if case .temporary = self {
      writer.write(UInt8(3))
      writer.write(description)
      return
    }
    writer.write(UInt8(2))
    writer.write(kind)
    writer.write(pgID ?? ShardPGID())
    writer.write(SnapID.head)
  }
}
