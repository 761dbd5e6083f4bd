import Buffers
import RadosTypes
import Wire

/// A frame whose one segment is this value.
package protocol ControlFrame: WireCodable, Sendable {
  static var tag: FrameTag { get }
}

/// Who I am, and how I see you. Layout: `entity type: u8, your address: entity_addr_t`.
package struct Hello: ControlFrame, Hashable {
  package static let tag = FrameTag.hello
  package var type: EntityType
  package var peerAddress: EntityAddress

  package init(type: EntityType, peerAddress: EntityAddress) {
    self.type = type
    self.peerAddress = peerAddress
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    let raw = try reader.read(UInt8.self)
    guard let type = EntityType(rawValue: raw) else { throw .invalid("entity type \(raw)") }
    self.type = type
    peerAddress = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(type.rawValue)
    writer.write(peerAddress)
  }
}

/// Layout: `method: u32, modes: vector<u32> by preference, payload: bufferlist`.
package struct AuthRequest: ControlFrame, Hashable {
  package static let tag = FrameTag.authRequest
  package var method: UInt32
  package var preferredModes: [UInt32]
  package var payload: ByteSlice

  package init(method: UInt32, preferredModes: [UInt32], payload: ByteSlice) {
    self.method = method
    self.preferredModes = preferredModes
    self.payload = payload
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    method = try reader.read()
    preferredModes = try reader.readArray(elementBytesMin: 4) { (reader) throws(DecodeError) in
      try reader.read(UInt32.self)
    }
    payload = try reader.readBytes()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(method)
    writer.write(array: preferredModes) { $0.write($1) }
    writer.write(payload)
  }
}

/// Layout: `method: u32, result: s32, methods: vector<u32>, modes: vector<u32>`.
package struct AuthBadMethod: ControlFrame, Hashable {
  package static let tag = FrameTag.authBadMethod
  package var method: UInt32
  package var result: Int32
  package var allowedMethods: [UInt32]
  package var allowedModes: [UInt32]

  package init(method: UInt32, result: Int32, allowedMethods: [UInt32], allowedModes: [UInt32]) {
    self.method = method
    self.result = result
    self.allowedMethods = allowedMethods
    self.allowedModes = allowedModes
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    method = try reader.read()
    result = try reader.read()
    allowedMethods = try reader.readArray(elementBytesMin: 4) { (reader) throws(DecodeError) in
      try reader.read(UInt32.self)
    }
    allowedModes = try reader.readArray(elementBytesMin: 4) { (reader) throws(DecodeError) in
      try reader.read(UInt32.self)
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(method)
    writer.write(result)
    writer.write(array: allowedMethods) { $0.write($1) }
    writer.write(array: allowedModes) { $0.write($1) }
  }
}

/// The server wants another round. Layout: `payload: bufferlist`.
package struct AuthReplyMore: ControlFrame, Hashable {
  package static let tag = FrameTag.authReplyMore
  package var payload: ByteSlice

  package init(payload: ByteSlice) { self.payload = payload }

  package init(from reader: inout WireReader) throws(DecodeError) {
    payload = try reader.readBytes()
  }

  package func encode(into writer: inout WireWriter) { writer.write(payload) }
}

/// The client's part of another round. Layout: `payload: bufferlist`.
package struct AuthRequestMore: ControlFrame, Hashable {
  package static let tag = FrameTag.authRequestMore
  package var payload: ByteSlice

  package init(payload: ByteSlice) { self.payload = payload }

  package init(from reader: inout WireReader) throws(DecodeError) {
    payload = try reader.readBytes()
  }

  package func encode(into writer: inout WireWriter) { writer.write(payload) }
}

/// Layout: `global id: u64, connection mode: u32, payload: bufferlist`.
package struct AuthDone: ControlFrame, Hashable {
  package static let tag = FrameTag.authDone
  package var globalID: UInt64
  package var mode: UInt32
  package var payload: ByteSlice

  package init(globalID: UInt64, mode: UInt32, payload: ByteSlice) {
    self.globalID = globalID
    self.mode = mode
    self.payload = payload
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    globalID = try reader.read()
    mode = try reader.read()
    payload = try reader.readBytes()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(globalID)
    writer.write(mode)
    writer.write(payload)
  }
}

/// HMAC-SHA256 by the session key over all bytes received before; 32 zeros without a key.
package struct AuthSignature: ControlFrame, Hashable {
  package static let tag = FrameTag.authSignature
  package static let bytes = 32
  package var digest: [UInt8]

  package init(digest: [UInt8]) {
    precondition(digest.count == Self.bytes, "AUTH_SIGNATURE of \(digest.count) bytes")
    self.digest = digest
  }

  package init(from reader: inout WireReader) throws(DecodeError) {
    digest = try reader.readSlice(Self.bytes).array
  }

  package func encode(into writer: inout WireWriter) { writer.writeRaw(digest) }
}
