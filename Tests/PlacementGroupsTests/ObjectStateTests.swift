import OpExecution
import RadosTypes
import Testing

@Suite struct ObjectStateTests {
  private static let object = HObject(pool: 1, hash: 7, name: "object")

  @Test func `a copy that is changed leaves the other as it was`() {
    let before = ObjectState(absent: Self.object)
    var after = before
    after.exists = true
    after.info.size = 4096
    after.snapSet.sequence = SnapID(3)
    #expect(after.exists && after.info.size == 4096 && after.snapSet.sequence == SnapID(3))
    #expect(!before.exists && before.info.size == 0 && before.snapSet.sequence == .zero)

    // Not shared any more: changed where it is.
    let later = after
    after.info.size = 1
    #expect(later.info.size == 4096)
    #expect(later.isVisible && !before.isVisible)
  }
}
