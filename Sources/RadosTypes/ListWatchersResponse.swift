import Wire

/// The answer to LIST_WATCHERS.
///
/// Ceph: `obj_list_watch_response_t`. Layout: framed 1/1, a list of framed 2/1, `name: entity_name_t,
/// cookie: u64, timeout: u32 (seconds), address`.
package struct ListWatchersResponse: Hashable, Sendable {
  package struct Watcher: Hashable, Sendable {
    package var key: WatcherKey
    package var info: WatchInfo

    package init(key: WatcherKey, info: WatchInfo) {
      self.key = key
      self.info = info
    }
  }

  package var watchers: [Watcher]

  package init(_ watchers: [Watcher] = []) { self.watchers = watchers }
}

extension ListWatchersResponse.Watcher: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("watch_item_t", understands: 2) {
      (reader, version) throws(DecodeError) in
      guard version >= 2 else { throw .tooOld("watch_item_t", version: version) }
      let name = try reader.read(EntityName.self)
      let cookie = try reader.read(UInt64.self)
      let timeout = try reader.read(UInt32.self)
      let info = WatchInfo(cookie: cookie, timeoutSeconds: timeout, address: try reader.read())
      return Self(key: WatcherKey(cookie: cookie, name: name), info: info)
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 2, compat: 1) { writer in
      writer.write(key.name)
      writer.write(key.cookie)
      writer.write(info.timeoutSeconds)
      writer.write(info.address)
    }
  }
}

extension ListWatchersResponse: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("obj_list_watch_response_t", understands: 1) {
      (reader, _) throws(DecodeError) in ListWatchersResponse(try reader.readArray())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in writer.write(array: watchers) }
  }
}
