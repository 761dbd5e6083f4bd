import Base
import Buffers

/// What happens once a second, all in one wake-up of the home reactor. Ceph: `OSD::tick` and
/// `OSD::tick_without_osd_lock`.
extension OSD {
  func tickLater() {
    home.schedule(after: .seconds(1)) { [weak self] in
      guard let self, state != .stopping else { return }
      heartbeats.tick()
      fullStateChanged()
      beginDueScrubs()
      for pool in parts.reactors.map(\.pool) + [.shared] { pool.settle() }
      heap.settle()
      tickLater()
    }
  }
}
