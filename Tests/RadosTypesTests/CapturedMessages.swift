import Base
import Buffers
import Foundation
import Messages
import TestKit
import Testing
import Wire

/// Messages as stock daemons and clients sent them, from Golden/messages.
struct CapturedMessage {
  var name: String
  var raw: RawMessage

  static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Golden/messages")

  private struct Header: Decodable {
    var type: UInt16
    var ver: UInt16
    var compat: UInt16
    var prio: UInt16
    var dataoff: UInt16
    var tid: UInt64
    var seq: UInt64
  }

  static func all(of type: MessageType) throws -> [CapturedMessage] {
    let digits = String(type.rawValue, radix: 16)
    let name = String(repeating: "0", count: 4 - digits.count) + digits
    let files = GoldenSamples.files(in: directory.appending(path: name))
    let byName = Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.bytes) })
    return try files.filter { $0.name.hasSuffix(".json") }.map { file in
      let key = String(file.name.dropLast(5))
      let header = try JSONDecoder().decode(Header.self, from: Data(file.bytes.array))
      return CapturedMessage(
        name: "\(name)/\(key)",
        raw: RawMessage(
          header: MessageHeader(
            type: MessageType(rawValue: header.type), sequence: header.seq, tid: header.tid,
            priority: header.prio, version: header.ver, compatVersion: header.compat,
            dataOffset: header.dataoff),
          front: byName["\(key).front"] ?? .empty,
          middle: BufferList(byName["\(key).middle"] ?? .empty),
          data: BufferList(byName["\(key).data"] ?? .empty)))
    }
  }
}

/// A message type that this project implements, without its Swift type.
struct MessageCoder: Sendable, CustomTestStringConvertible {
  let name: String
  let type: MessageType
  let version: UInt16
  let compatVersion: UInt16
  /// Trailing bytes that its decoder can do without.
  let optionalTail: Int
  /// For what was never captured: a message of our own.
  let example: RawMessage?
  /// Decodes, and encodes what came out.
  let recode: @Sendable (RawMessage) throws(DecodeError) -> RawMessage
  /// How many bytes of the front a decoder leaves.
  let leftover: @Sendable (RawMessage) throws(DecodeError) -> Int

  var testDescription: String { name }

  init<Body: Message & SendableMetatype>(
    _: Body.Type, optionalTail: Int = 0, example: Body? = nil
  ) {
    name = "\(Body.self)"
    type = Body.type
    version = Body.version
    compatVersion = Body.compatVersion
    self.optionalTail = optionalTail
    self.example = example.map { RawMessage(encoding: $0) }
    recode = { (raw) throws(DecodeError) in
      let body = try raw.decode(Body.self)
      return RawMessage(encoding: body, tid: raw.header.tid)
    }
    leftover = { (raw) throws(DecodeError) in
      var reader = WireReader(raw.front)
      _ = try Body(header: raw.header, front: &reader, middle: raw.middle, data: raw.data)
      return reader.remaining
    }
  }
}
