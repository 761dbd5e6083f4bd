import Base
import RadosTypes
import Wire

/// Ceph: `ExpiringCryptoKey`. Layout: `version: u8, key, expires: utime`.
package struct ExpiringCryptoKey: Hashable, Sendable, WireCodable {
  package var key: CryptoKey
  package var expires: UTime

  package init(key: CryptoKey, expires: UTime) {
    self.key = key
    self.expires = expires
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    _ = try reader.read(UInt8.self)
    key = try reader.read()
    expires = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.write(key)
    writer.write(expires)
  }
}

/// The keys that tickets for one service are sealed with: the previous, the current and the next one.
///
/// Ceph: `RotatingSecrets`. Layout: `version: u8, map<id: u64, expiring key>, newest id: u64`. Source:
/// src/auth/Auth.h.
package struct RotatingSecrets: Hashable, Sendable, WireCodable {
  /// Previous, current, next.
  package static let full = 3

  package var keys: [UInt64: ExpiringCryptoKey]
  package var newest: UInt64

  package init(keys: [UInt64: ExpiringCryptoKey] = [:], newest: UInt64 = 0) {
    self.keys = keys
    self.newest = newest
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    _ = try reader.read(UInt8.self)
    keys = try reader.readMap(
      { (reader) throws(DecodeError) in try reader.read(UInt64.self) },
      { (reader) throws(DecodeError) in try reader.read(ExpiringCryptoKey.self) })
    newest = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.write(map: keys) { writer, id, key in
      writer.write(id)
      writer.write(key)
    }
    writer.write(newest)
  }

  /// Whether the monitor has newer ones: fewer than three, or the current one expired so long ago that
  /// the next must have been made. That is 30 s, or a quarter of a key's life if that is less. Source:
  /// src/mon/MonClient.cc (`_check_auth_rotating`).
  package func areStale(at now: UTime) -> Bool {
    guard keys.count >= Self.full else { return true }
    let inOrder = keys.keys.sorted()
    guard let current = keys[inOrder[1]]?.expires, let next = keys[inOrder[2]]?.expires else {
      return true
    }
    let life = next > current ? next.wallNanoseconds - current.wallNanoseconds : 0
    return current.wallNanoseconds + min(30_000_000_000, life / 4) <= now.wallNanoseconds
  }
}

/// A service's rotating keys, shared by the connections that are being accepted and whoever renews them.
package final class RotatingKeyStore: @unchecked Sendable {
  private let lock = Lock()
  private var secrets = RotatingSecrets()

  package init() {}

  package func set(_ secrets: RotatingSecrets) { lock.withLock { self.secrets = secrets } }

  package func key(_ id: UInt64) -> CryptoKey? { lock.withLock { secrets.keys[id]?.key } }

  package func areStale(at now: UTime) -> Bool { lock.withLock { secrets.areStale(at: now) } }
}
