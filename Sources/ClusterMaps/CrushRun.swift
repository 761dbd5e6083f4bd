/// One run of a rule: what is at hand, and what has been emitted.
struct CrushRun {
  let walk: CrushWalk
  private let tunables: CrushTunables
  private let result: UnsafeMutableBufferPointer<Int32>
  private let limit: Int
  private var resultCount = 0

  /// Three rows of `limit`: what the next step begins with, what it chose, the leaves that belong to it.
  private var working: UnsafeMutablePointer<Int32>
  private var chosen: UnsafeMutablePointer<Int32>
  private let leaves: UnsafeMutablePointer<Int32>
  private var workingCount = 0

  private var tries: Int
  private var leafTries = 0
  private var localTries: Int
  private var localFallbackTries: Int
  private var varyR: Int32
  private var stable: Bool

  init(
    walk: CrushWalk, tunables: CrushTunables, scratch: UnsafeMutableBufferPointer<Int32>,
    result: UnsafeMutableBufferPointer<Int32>
  ) {
    self.walk = walk
    self.tunables = tunables
    self.result = result
    limit = result.count
    working = scratch.baseAddress!
    chosen = working + limit
    leaves = chosen + limit
    // The tunable counts retries.
    tries = Int(tunables.totalTries) + 1
    localTries = Int(tunables.localTries)
    localFallbackTries = Int(tunables.localFallbackTries)
    varyR = Int32(tunables.varyR)
    stable = tunables.stable != 0
  }

  mutating func perform(_ rule: CrushRule) -> Int {
    for step in rule.steps {
      switch step.operation {
      case .take: take(step.first)
      case .setChooseTries: if step.first > 0 { tries = Int(step.first) }
      case .setChooseLeafTries: if step.first > 0 { leafTries = Int(step.first) }
      case .setChooseLocalTries: if step.first >= 0 { localTries = Int(step.first) }
      case .setChooseLocalFallbackTries:
        if step.first >= 0 { localFallbackTries = Int(step.first) }
      case .setChooseLeafVaryR: if step.first >= 0 { varyR = step.first }
      case .setChooseLeafStable: if step.first >= 0 { stable = step.first != 0 }
      case .chooseFirstN: choose(step, firstN: true, toLeaf: false)
      case .chooseLeafFirstN: choose(step, firstN: true, toLeaf: true)
      case .chooseIndep: choose(step, firstN: false, toLeaf: false)
      case .chooseLeafIndep: choose(step, firstN: false, toLeaf: true)
      case .emit: emit()
      default: break
      }
    }
    return resultCount
  }

  private mutating func take(_ item: Int32) {
    let exists = item >= 0 ? item < walk.deviceCount : walk.exists(item)
    guard exists else { return }
    working[0] = item
    workingCount = 1
  }

  private mutating func emit() {
    let count = min(workingCount, limit - resultCount)
    for index in 0..<count { result[resultCount + index] = working[index] }
    resultCount += count
    workingCount = 0
  }

  /// Chooses below each bucket at hand; what was chosen is then at hand.
  private mutating func choose(_ step: CrushRule.Step, firstN: Bool, toLeaf: Bool) {
    guard workingCount > 0 else { return }
    let wanted = step.first > 0 ? Int(step.first) : Int(step.first) + limit
    var count = 0
    for index in 0..<workingCount where wanted > 0 {
      let top = working[index]
      // A device, or an empty place: nothing below it.
      guard top < 0, walk.exists(top) else { continue }
      let room = limit - count
      let out = CrushWalk.Output(items: chosen + count, leaves: toLeaf ? leaves + count : nil)
      if firstN {
        let once = tunables.descendOnce != 0 ? 1 : tries
        let search = CrushWalk.FirstN(
          wanted: wanted, type: step.second, tries: tries,
          leafTries: leafTries > 0 ? leafTries : once, localTries: localTries,
          localFallbackTries: localFallbackTries, varyR: varyR, stable: stable)
        count += walk.chooseFirstN(search, below: top, out, from: 0, room: room, outerDraw: 0)
      } else {
        let places = min(wanted, room)
        let search = CrushWalk.Indep(
          wanted: Int32(truncatingIfNeeded: wanted), type: step.second, tries: tries,
          leafTries: leafTries > 0 ? leafTries : 1)
        walk.chooseIndep(search, below: top, out, places: 0..<places, outerDraw: 0)
        count += places
      }
    }
    if toLeaf { for index in 0..<count { chosen[index] = leaves[index] } }
    swap(&working, &chosen)
    workingCount = count
  }
}
