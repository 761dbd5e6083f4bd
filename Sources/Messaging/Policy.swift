import RadosTypes

/// How a messenger treats connections with one kind of peer. Ceph: `Messenger::Policy`.
package struct Policy: Sendable {
  /// A fault ends the connection; nothing is kept to be sent again.
  package var lossy: Bool
  /// Never connects by itself: the other side comes.
  package var server: Bool
  /// A lossless connection that faults with nothing to send waits until there is something.
  package var standby: Bool
  /// A peer that forgot the session makes this side forget it too, queued messages included.
  package var resetCheck: Bool
  /// A lossy client that comes again from the same address replaces its older connection.
  package var registersLossyClients: Bool
  package var featuresRequired: UInt64
  package var featuresSupported: UInt64
  /// Bounds the bytes of received messages that are not answered yet; nil for peers whose replies may
  /// be what frees the budget.
  package var throttle: Throttle?

  package init(
    lossy: Bool, server: Bool, standby: Bool, resetCheck: Bool, registersLossyClients: Bool,
    featuresRequired: UInt64 = 0, featuresSupported: UInt64 = Features.pacific.rawValue,
    throttle: Throttle? = nil
  ) {
    self.lossy = lossy
    self.server = server
    self.standby = standby
    self.resetCheck = resetCheck
    self.registersLossyClients = registersLossyClients
    self.featuresRequired = featuresRequired
    self.featuresSupported = featuresSupported
    self.throttle = throttle
  }

  /// A service towards whoever comes, as heartbeat servers are.
  package static func statelessServer(throttle: Throttle? = nil) -> Policy {
    Policy(
      lossy: true, server: true, standby: false, resetCheck: false, registersLossyClients: false,
      throttle: throttle)
  }

  /// An OSD towards its clients.
  package static func statelessRegisteredServer(throttle: Throttle? = nil) -> Policy {
    Policy(
      lossy: true, server: true, standby: false, resetCheck: false, registersLossyClients: true,
      throttle: throttle)
  }

  /// A daemon towards monitors and managers.
  package static let lossyClient = Policy(
    lossy: true, server: false, standby: false, resetCheck: false, registersLossyClients: true)

  /// OSDs towards each other.
  package static let losslessPeer = Policy(
    lossy: false, server: false, standby: true, resetCheck: false, registersLossyClients: true)

  /// Every peer needs this much (entity addresses in their present encoding).
  static let alwaysRequired = Features.messageAddress2.rawValue

  func missing(from supported: UInt64) -> UInt64 {
    (featuresRequired | Self.alwaysRequired) & ~supported
  }
}
