import Base
import Messages
import ObjectStores
import RadosTypes
import Reactors

/// The end: the monitors know before the last reply is sent, the store is clean before the process goes.
extension OSD {
  /// Until the monitor has answered, or `osd_mon_shutdown_timeout` has passed.
  func markDown() async {
    let message = MOSDMarkMeDown(
      paxos: PaxosHeader(UInt64(map.epoch)), fsid: identity.cluster, osd: identity.whoami,
      addresses: messengers.client.addresses, epoch: map.epoch)
    monitors.send(RawMessage(encoding: message))
    let patience = configuration.seconds("osd_mon_shutdown_timeout")
    let isAnswered = await withUnsafeContinuation { continuation in
      let answer = Once { continuation.resume(returning: $0) }
      onMarkedDown = { answer.give(true) }
      home.schedule(after: patience) { answer.give(false) }
    }
    log.write(
      .osd, 0, self, isAnswered ? "the monitor has marked us down" : "no answer to mark-me-down")
  }

  /// How far this OSD was clean, for the monitors' last_clean_interval at its next boot.
  func recordCleanEnd(_ wasActive: Bool) async {
    if wasActive { history.superblock.cleanThru = map.epoch }
    var transaction = Transaction()
    history.writeSuperblock(to: &transaction)
    let last = transaction
    await withUnsafeContinuation { continuation in
      history.commit(last) { continuation.resume() }
    }
  }
}

/// A continuation that two may resume, of whom the first counts. Confined to a reactor.
private final class Once {
  private var body: ((Bool) -> Void)?

  init(_ body: @escaping (Bool) -> Void) { self.body = body }

  func give(_ value: Bool) {
    body?(value)
    body = nil
  }
}
