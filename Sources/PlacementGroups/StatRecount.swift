import RadosTypes

/// A count of a PG's objects while clients go on changing them.
///
/// What lies before `position` is in `sum`, and changes there are added as they happen. From there to
/// `windowEnd` stand the objects of a listing that are to be counted next; one that is made there
/// meanwhile joins them.
struct StatRecount {
  private(set) var position = HObject.min
  private(set) var sum = ObjectStatSum()
  /// nil while a listing is under way: then what is made may be in it or not.
  private var windowEnd: HObject?
  /// Not counted yet, the first one last.
  private var pending: [HObject] = []
  private var made: Set<HObject> = []

  /// A listing from `position` up to `end` has come.
  mutating func take(_ listed: [HObject], upTo end: HObject) {
    pending = Set(listed).union(made.filter { $0 < end }).sorted(by: >)
    made = []
    windowEnd = end
  }

  /// The next object to be counted; nil: list from `position` on.
  mutating func next() -> HObject? {
    if let object = pending.last { return object }
    if let windowEnd { position = windowEnd }
    windowEnd = nil
    return nil
  }

  /// Counts the object that `next` gave, in the state that it is in now; unless one that was made
  /// meanwhile comes before it, which `next` gives first.
  mutating func add(_ object: HObject, _ info: ObjectInfo?) {
    guard pending.last == object else { return }
    pending.removeLast()
    position = object.with(snap: .directory)
    if let info { sum += info.statSum }
  }

  /// A client changed this object.
  mutating func follow(_ delta: ObjectStatSum, _ object: HObject) {
    if object < position {
      sum += delta
    } else if delta.objects > 0 {
      guard let windowEnd else {
        made.insert(object)
        return
      }
      guard object < windowEnd, !pending.contains(object) else { return }
      let place = pending.firstIndex { $0 < object } ?? pending.count
      pending.insert(object, at: place)
    }
  }
}

extension ObjectInfo {
  /// What an object that is there adds to its PG's statistics.
  var statSum: ObjectStatSum {
    var sum = ObjectStatSum()
    sum.objects = 1
    sum.bytes = Int64(size)
    if flags.contains(.dirty) { sum.objectsDirty = 1 }
    if flags.contains(.omap) { sum.objectsOmap = 1 }
    if flags.contains(.whiteout) { sum.whiteouts = 1 }
    return sum
  }
}
