import Base
import Buffers
import Peering
import RadosTypes
import Wire

/// The objects of one copy of a PG in a range of names, with their versions.
///
/// Of one's own copy it is true as of `version` and can be brought up to date by the log. Ceph:
/// `BackfillInterval`.
package struct BackfillInterval: Sendable {
  package private(set) var version: EVersion
  package private(set) var objects = SortedMap<HObject, EVersion>()
  /// The first object when there are any, once it has been trimmed.
  package private(set) var begin: HObject
  /// Not in it any more.
  package private(set) var end: HObject

  /// Nothing, at this place: true as of any version.
  package init(at position: HObject, version: EVersion = .zero) {
    self.version = version
    begin = position
    end = position
  }

  /// What was found in `begin..<end`; nothing of it may lie outside.
  package init(
    begin: HObject, end: HObject, objects: SortedMap<HObject, EVersion>, version: EVersion = .zero
  ) {
    self.version = version
    self.objects = objects
    self.begin = begin
    self.end = end
  }

  package var isEmpty: Bool { objects.isEmpty }
  /// There are no objects behind it.
  package var extendsToEnd: Bool { end.isMax }
  package var first: ObjectVersion? { objects.first.map { ObjectVersion($0.key, $0.value) } }

  /// Drops what is not behind `object`, and begins with the first one that is left.
  package mutating func trim(to object: HObject) {
    while let first = objects.first, first.key <= object { objects.removeValue(of: first.key) }
    begin = objects.first?.key ?? end
  }

  /// Drops the first object.
  package mutating func removeFirst() {
    guard let first = objects.first else { preconditionFailure("no object from \(begin)") }
    trim(to: first.key)
  }

  /// Takes in what the log has since `version` of objects from `position` on; false if the log does not
  /// reach back that far, and the range must be scanned again. Ceph: `update_range`.
  package mutating func update(from position: HObject, by log: PGLog) -> Bool {
    guard version >= log.tail else { return false }
    begin = position
    for entry in log.entries(after: version) where entry.object >= begin && entry.object < end {
      if entry.isDelete {
        objects.removeValue(of: entry.object)
      } else if !entry.isError {
        objects[entry.object] = entry.version
      }
    }
    version = log.head
    return true
  }
}

extension BackfillInterval {
  /// The objects as `MOSDPGScan` carries them: `map<hobject_t, eversion_t>`.
  package var wireObjects: BufferList {
    var writer = WireWriter(capacity: 64 * objects.count + 4)
    writer.write(UInt32(objects.count))
    for (object, version) in objects {
      writer.write(object)
      writer.write(version)
    }
    return writer.finishList()
  }

  /// A peer's answer to a scan from `begin` on; an answer that leads nowhere, or has what was not asked
  /// for, is refused.
  package init(begin: HObject, end: HObject, wireObjects: BufferList) throws(DecodeError) {
    guard begin < end else { throw .invalid("scan of \(begin) to \(end)") }
    var reader = WireReader(wireObjects)
    var objects = SortedMap<HObject, EVersion>()
    for _ in 0..<(try reader.readCount(elementBytesMin: 18)) {
      let object = try reader.read(HObject.self)
      guard object >= begin, object < end else {
        throw .invalid("scan of \(begin) to \(end): \(object)")
      }
      objects[object] = try reader.read(EVersion.self)
    }
    self.init(begin: begin, end: end, objects: objects)
  }
}
