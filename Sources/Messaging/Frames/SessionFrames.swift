import RadosTypes
import Wire

/// A new session, please. Layout: in the order of the fields; addrvec, entity_addr, s64, 5 x u64.
package struct ClientIdent: ControlFrame, Hashable {
  package static let tag = FrameTag.clientIdent
  package static let lossy: UInt64 = 1

  package var addresses: EntityAddresses
  /// The address that was dialled, nonce included; the server closes if it is none of its own.
  package var target: EntityAddress
  /// An OSD's id, a client's global id.
  package var gid: Int64
  package var globalSequence: UInt64
  package var featuresSupported: UInt64
  package var featuresRequired: UInt64
  package var flags: UInt64
  /// Names the session from the client's side; 0 when lossy.
  package var cookie: UInt64

  package init(
    addresses: EntityAddresses, target: EntityAddress, gid: Int64, globalSequence: UInt64,
    featuresSupported: UInt64, featuresRequired: UInt64, flags: UInt64, cookie: UInt64
  ) {
    self.addresses = addresses
    self.target = target
    self.gid = gid
    self.globalSequence = globalSequence
    self.featuresSupported = featuresSupported
    self.featuresRequired = featuresRequired
    self.flags = flags
    self.cookie = cookie
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    addresses = try reader.read()
    target = try reader.read()
    gid = try reader.read()
    globalSequence = try reader.read()
    featuresSupported = try reader.read()
    featuresRequired = try reader.read()
    flags = try reader.read()
    cookie = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(addresses)
    writer.write(target)
    writer.write(gid)
    writer.write(globalSequence)
    writer.write(featuresSupported)
    writer.write(featuresRequired)
    writer.write(flags)
    writer.write(cookie)
  }
}

/// The session stands. Layout: in the order of the fields; addrvec, s64, 5 x u64.
package struct ServerIdent: ControlFrame, Hashable {
  package static let tag = FrameTag.serverIdent

  package var addresses: EntityAddresses
  package var gid: Int64
  package var globalSequence: UInt64
  package var featuresSupported: UInt64
  package var featuresRequired: UInt64
  /// As in `ClientIdent`; what the server says about lossy holds.
  package var flags: UInt64
  /// Names the session from the server's side; 0 when lossy.
  package var cookie: UInt64

  package init(
    addresses: EntityAddresses, gid: Int64, globalSequence: UInt64, featuresSupported: UInt64,
    featuresRequired: UInt64, flags: UInt64, cookie: UInt64
  ) {
    self.addresses = addresses
    self.gid = gid
    self.globalSequence = globalSequence
    self.featuresSupported = featuresSupported
    self.featuresRequired = featuresRequired
    self.flags = flags
    self.cookie = cookie
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    addresses = try reader.read()
    gid = try reader.read()
    globalSequence = try reader.read()
    featuresSupported = try reader.read()
    featuresRequired = try reader.read()
    flags = try reader.read()
    cookie = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(addresses)
    writer.write(gid)
    writer.write(globalSequence)
    writer.write(featuresSupported)
    writer.write(featuresRequired)
    writer.write(flags)
    writer.write(cookie)
  }
}

/// Go on with a session that both know. Layout: in the order of the fields; addrvec, 5 x u64.
package struct SessionReconnect: ControlFrame, Hashable {
  package static let tag = FrameTag.sessionReconnect

  package var addresses: EntityAddresses
  package var clientCookie: UInt64
  package var serverCookie: UInt64
  package var globalSequence: UInt64
  package var connectSequence: UInt64
  /// The last message that the sender received.
  package var messageSequence: UInt64

  package init(
    addresses: EntityAddresses, clientCookie: UInt64, serverCookie: UInt64, globalSequence: UInt64,
    connectSequence: UInt64, messageSequence: UInt64
  ) {
    self.addresses = addresses
    self.clientCookie = clientCookie
    self.serverCookie = serverCookie
    self.globalSequence = globalSequence
    self.connectSequence = connectSequence
    self.messageSequence = messageSequence
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    addresses = try reader.read()
    clientCookie = try reader.read()
    serverCookie = try reader.read()
    globalSequence = try reader.read()
    connectSequence = try reader.read()
    messageSequence = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(addresses)
    writer.write(clientCookie)
    writer.write(serverCookie)
    writer.write(globalSequence)
    writer.write(connectSequence)
    writer.write(messageSequence)
  }
}

/// The server does not know the session; if `full`, neither side keeps anything of it.
/// Layout: `full: u8`.
package struct SessionReset: ControlFrame, Hashable {
  package static let tag = FrameTag.sessionReset
  package var full: Bool

  package init(full: Bool) { self.full = full }

  package init(from reader: inout WireReader) throws(DecodeError) { full = try reader.readBool() }

  package func encode(into writer: inout WireWriter) { writer.write(full) }
}

/// A time: when the sender asked. Layout: utime, `seconds: u32, nanoseconds: u32`.
package struct KeepaliveStamp: WireCodable, Hashable, Sendable {
  package var stamp: UTime

  package init(stamp: UTime) { self.stamp = stamp }

  package init(from reader: inout WireReader) throws(DecodeError) { stamp = try reader.read() }

  package func encode(into writer: inout WireWriter) { writer.write(stamp) }
}
