import Auth
import Base
import Ciphers
import Configuration
import Glibc
import RadosTypes

/// Finds the daemon's own key: `key`, then `keyfile`, then the first of the `keyring` files that can be
/// read (Ceph's order, `KeyRing::from_ceph_context`).
package enum DaemonKey {
  package static func load(_ configuration: Configuration) throws(ConfigError) -> CryptoKey? {
    let name = authName(configuration)
    if let text = value(configuration, "key") { return try decode(text, "option key") }
    if let path = value(configuration, "keyfile") {
      return try decode(try contents(path), path)
    }
    for path in paths(configuration) {
      guard let text = TextFile.read(path) else { continue }
      guard let key = try parse(text, path).key(of: name) else {
        throw ConfigError("keyring \(path) holds no key of \(name)")
      }
      return key
    }
    guard needsKey(configuration) else { return nil }
    throw ConfigError(
      "no keyring found at \(configuration.string("keyring")), and cephx needs the key of \(name): "
        + "`ceph auth get-or-create \(name)` gives it")
  }

  package static func authName(_ configuration: Configuration) -> AuthName {
    AuthName(.osd, .init(configuration.identity.id))
  }

  /// `--mkkey`: makes a key unless the keyring has one. Says what it did.
  package static func make(_ configuration: Configuration) throws -> String {
    guard let path = paths(configuration).first else {
      throw ConfigError("--mkkey needs --keyring")
    }
    let name = authName(configuration)
    var ring =
      try TextFile.read(path).map { text throws(ConfigError) in try parse(text, path) } ?? KeyRing()
    if ring.key(of: name) != nil { return "already have key in keyring \(path)" }
    ring.entries[name] = KeyRing.Entry(
      key: CryptoKey(
        created: UTime(wallNanoseconds: SystemClock().wallNanoseconds),
        secret: SecureRandom().bytes(16)))
    try TextFile.write(ring.text, to: path, mode: 0o600)
    return "created new key in keyring \(path)"
  }

  private static func needsKey(_ configuration: Configuration) -> Bool {
    ["auth_cluster_required", "auth_service_required", "auth_client_required"].contains {
      AuthPolicy.methods(configuration.string($0)).contains(.cephx)
    }
  }

  private static func paths(_ configuration: Configuration) -> [String] {
    configuration.string("keyring").split { $0 == "," || $0 == ";" || $0 == " " }.map(String.init)
  }

  private static func value(_ configuration: Configuration, _ name: String) -> String? {
    let text = configuration.string(name)
    return text.isEmpty ? nil : text
  }

  private static func contents(_ path: String) throws(ConfigError) -> String {
    do { return try TextFile.contents(of: path) } catch { throw ConfigError("\(error)") }
  }

  private static func parse(_ text: String, _ path: String) throws(ConfigError) -> KeyRing {
    do { return try KeyRing(parsing: text.utf8) } catch {
      throw ConfigError("keyring \(path): \(error)")
    }
  }

  private static func decode(_ text: String, _ place: String) throws(ConfigError) -> CryptoKey {
    let trimmed = text.filter { !$0.isWhitespace }
    do { return try CryptoKey(base64: trimmed.utf8) } catch {
      throw ConfigError("\(place): no key: \(error)")
    }
  }
}
