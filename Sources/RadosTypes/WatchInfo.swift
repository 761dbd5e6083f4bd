import Wire

/// Who watches an object: an entity may hold several watches, told apart by cookie.
///
/// Ceph: the key of `object_info_t::watchers`. Layout: `cookie: u64, name: entity_name_t`.
package struct WatcherKey: Hashable, Comparable, Sendable {
  package var cookie: UInt64
  package var name: EntityName

  package init(cookie: UInt64, name: EntityName) {
    self.cookie = cookie
    self.name = name
  }

  package static func < (left: WatcherKey, right: WatcherKey) -> Bool {
    left.cookie != right.cookie ? left.cookie < right.cookie : left.name < right.name
  }
}

extension WatcherKey: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    cookie = try reader.read()
    name = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(cookie)
    writer.write(name)
  }
}

/// A watch as an object remembers it.
///
/// Ceph: `watch_info_t`. Layout: framed 4/3, `cookie: u64, timeout: u32 (seconds), address`.
package struct WatchInfo: Hashable, Sendable {
  package var cookie: UInt64
  package var timeoutSeconds: UInt32
  package var address: EntityAddress

  package init(cookie: UInt64, timeoutSeconds: UInt32, address: EntityAddress) {
    self.cookie = cookie
    self.timeoutSeconds = timeoutSeconds
    self.address = address
  }
}

extension WatchInfo: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("watch_info_t", understands: 4) {
      (reader, version) throws(DecodeError) in
      guard version >= 3 else { throw .tooOld("watch_info_t", version: version) }
      let cookie = try reader.read(UInt64.self)
      let timeout = try reader.read(UInt32.self)
      let address = version >= 4 ? try EntityAddress(from: &reader) : .none
      return WatchInfo(cookie: cookie, timeoutSeconds: timeout, address: address)
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 4, compat: 3) { writer in
      writer.write(cookie)
      writer.write(timeoutSeconds)
      writer.write(address)
    }
  }
}
