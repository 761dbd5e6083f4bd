import Messaging

/// A connection over which one OSD is pinged, on one network; confined to the daemon's home reactor,
/// where it was made.
final class HeartbeatLink: @unchecked Sendable {
  let osd: Int32
  /// The boot of the peer that the connection leads to.
  let upFrom: UInt32
  let network: HeartbeatNetwork
  let connection: Connection
  /// A ping was answered over it.
  var wasAnswered = false

  init(
    _ connection: Connection, to osd: Int32, upFrom: UInt32, over network: HeartbeatNetwork
  ) {
    self.connection = connection
    self.osd = osd
    self.upFrom = upFrom
    self.network = network
  }

  static func of(_ connection: Connection) -> HeartbeatLink? {
    connection.session as? HeartbeatLink
  }

  func close() {
    connection.session = nil
    connection.markDown()
  }
}
