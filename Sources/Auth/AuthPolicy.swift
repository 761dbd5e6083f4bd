import RadosTypes

/// Ceph: `CEPH_AUTH_*`.
package enum AuthMethod: UInt32, Sendable {
  case none = 1
  case cephx = 2
}

/// The first byte of an AUTH_REQUEST's payload: what is being opened. Ceph: `AUTH_MODE_*`.
enum AuthMode {
  static let authorizer: UInt8 = 1
  static let authorizers: ClosedRange<UInt8> = 1...9
  static let monitorSession: UInt8 = 10
}

/// Which methods and connection modes are good for whom, each list in order of preference.
///
/// Ceph: `AuthRegistry`; the fields are the options of the same names. Source: src/auth/AuthRegistry.cc
/// (`get_supported_methods`).
package struct AuthPolicy: Sendable {
  /// What we are: a daemon other than a monitor, or a client.
  package var role: EntityType = .osd
  package var clusterMethods: [AuthMethod] = [.cephx]
  package var serviceMethods: [AuthMethod] = [.cephx]
  package var clientMethods: [AuthMethod] = [.cephx, .none]
  package var monClusterModes: [ConnectionMode] = [.secure, .crc]
  package var monClientModes: [ConnectionMode] = [.secure, .crc]
  package var clusterModes: [ConnectionMode] = [.crc, .secure]
  package var serviceModes: [ConnectionMode] = [.crc, .secure]
  package var clientModes: [ConnectionMode] = [.crc, .secure]

  package init() {}

  package static let allNone: AuthPolicy = {
    var policy = AuthPolicy()
    policy.clusterMethods = [.none]
    policy.serviceMethods = [.none]
    policy.clientMethods = [.none]
    return policy
  }()

  /// `cephx, none`; words that are no method are left out (gss is one of them).
  package static func methods(_ text: String) -> [AuthMethod] {
    words(text).compactMap { $0 == "cephx" ? .cephx : $0 == "none" ? AuthMethod.none : nil }
  }

  /// `crc secure`.
  package static func modes(_ text: String) -> [ConnectionMode] {
    words(text).compactMap { $0 == "crc" ? .crc : $0 == "secure" ? .secure : nil }
  }

  private static func words(_ text: String) -> [Substring] {
    text.split { ";,= \t\n".contains($0) }
  }

  package func methods(for peer: EntityType) -> [AuthMethod] {
    if role == .client { return clientMethods }
    return peer.isDaemon ? clusterMethods : serviceMethods
  }

  /// Without a key there is nothing to encrypt with: auth none has crc only.
  package func modes(for peer: EntityType, method: AuthMethod) -> [ConnectionMode] {
    let all = modes(for: peer)
    return method == .none ? all.filter { $0 == .crc } : all
  }

  private func modes(for peer: EntityType) -> [ConnectionMode] {
    let isMonitor = peer == .monitor || peer == .manager
    if role == .client { return isMonitor ? monClientModes : clientModes }
    if isMonitor { return monClusterModes }
    return peer.isDaemon ? clusterModes : serviceModes
  }

  /// The first of the peer's wishes that we allow, as stock daemons choose.
  package func chooseMode(
    for peer: EntityType, method: AuthMethod, wishes: [UInt32]
  ) -> ConnectionMode? {
    let allowed = modes(for: peer, method: method)
    return wishes.lazy.compactMap(ConnectionMode.init(rawValue:)).first { allowed.contains($0) }
  }
}

extension EntityType {
  fileprivate var isDaemon: Bool {
    switch self {
    case .monitor, .manager, .metadata, .osd: true
    case .none, .client, .auth, .any: false
    }
  }
}

extension ConnectionMode {
  /// Bytes of the secret that a connection of this mode needs. Source: src/auth/Auth.h
  /// (`get_connection_secret_length`).
  package var secretBytes: Int {
    switch self {
    case .crc: 0
    case .secure: 64
    }
  }
}
