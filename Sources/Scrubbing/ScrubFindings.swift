import Buffers
import RadosTypes
import Wire

/// What a scrub found wrong, for users to list; kept in memory, until the next scrub begins or the
/// interval ends.
///
/// Ceph: `Scrub::Store`, which keeps it in the omap of a temporary object for as long.
package struct ScrubFindings: Sendable {
  private var objects: [(id: ObjectID, value: InconsistentObject)] = []
  private var snapSets: [(id: ObjectID, value: InconsistentSnapSet)] = []

  package init() {}

  package var isEmpty: Bool { objects.isEmpty && snapSets.isEmpty }

  package mutating func add(_ errors: [InconsistentObject]) {
    objects = Self.merged(objects, errors.map { ($0.object, $0) })
  }

  package mutating func add(_ errors: [InconsistentSnapSet]) {
    snapSets = Self.merged(snapSets, errors.map { ($0.object, $0) })
  }

  /// In order; of two of one object the later one.
  private static func merged<Value>(
    _ old: [(id: ObjectID, value: Value)], _ new: [(id: ObjectID, value: Value)]
  ) -> [(id: ObjectID, value: Value)] {
    var all = Dictionary(old, uniquingKeysWith: { $1 })
    for (id, value) in new { all[id] = value }
    return all.map { (id: $0.key, value: $0.value) }.sorted { $0.id < $1.id }
  }

  package func list(_ request: ScrubListRequest, interval: UInt32) -> ScrubListResult {
    func page<Value: WireEncodable>(_ all: [(id: ObjectID, value: Value)]) -> [ByteSlice] {
      let from = request.after.name.isEmpty ? nil : request.after
      return all.lazy.filter { entry in from.map { $0 < entry.id } ?? true }
        .prefix(Int(clamping: request.most)).map(\.value.wire)
    }
    return ScrubListResult(
      interval: interval, values: request.wantsSnapSets ? page(snapSets) : page(objects))
  }
}
