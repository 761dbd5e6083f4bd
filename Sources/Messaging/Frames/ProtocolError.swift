import Auth
import Wire

/// Why a connection's bytes or steps cannot be gone on with; its text is the one line that the log gets.
package enum ProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The first bytes are no v2 banner; what they look like.
  case badBanner(String)
  /// The peer requires protocol features that this side has not, or lacks those that this side needs.
  case bannerFeatures(supported: UInt64, required: UInt64)
  case badCRC(String, expected: UInt32, got: UInt32)
  case unknownTag(UInt8)
  case badSegments(FrameTag, count: Int)
  case tooLong(FrameTag, segment: Int, bytes: Int, max: Int)
  case badLateStatus(UInt8)
  /// A secure unit whose GCM tag does not fit.
  case badSeal(String)
  /// The GCM nonce came round to where it began.
  case nonceExhausted
  case unexpected(FrameTag, state: String)
  case undecodable(FrameTag, DecodeError)
  /// More authentication rounds or bytes than any method needs.
  case authTooLong(String)
  case auth(AuthError)
  case badSignature
  /// IDENT named another address than one of ours.
  case notMe(target: String, mine: String)
  /// The server that answered does not go by the address that was dialled.
  case notThePeer(dialled: String, identified: String)
  case missingFeatures(UInt64)
  case noAddress
  case handshakeTimedOut(String)
  /// An older attempt of a peer whose newer one is served already.
  case stale(globalSequence: UInt64, current: UInt64)

  package var description: String {
    switch self {
    case .badBanner(let what): "bad banner: \(what)"
    case .bannerFeatures(let supported, let required):
      "bad banner: protocol features supported \(hex(supported)) required \(hex(required)), "
        + "expected revision 1 supported and nothing else required"
    case .badCRC(let what, let expected, let got):
      "bad crc of \(what): expected \(hex(UInt64(expected))), got \(hex(UInt64(got)))"
    case .unknownTag(let tag): "unknown frame tag \(tag), expected 1 to 20"
    case .badSegments(let tag, let count):
      "\(tag) frame has \(count) segments, or an empty last one"
    case .tooLong(let tag, let segment, let bytes, let max):
      "segment \(segment) of \(tag) frame declares \(bytes) bytes, at most \(max) are allowed"
    case .badLateStatus(let status): "bad late status \(status), expected 14 or 1"
    case .badSeal(let what): "\(what) does not authenticate"
    case .nonceExhausted: "nonces are used up"
    case .unexpected(let tag, let state): "unexpected \(tag) frame while \(state)"
    case .undecodable(let tag, let error): "cannot decode \(tag) frame: \(error)"
    case .authTooLong(let what): "authentication takes too much: \(what)"
    case .auth(let error): "authentication failed: \(error)"
    case .badSignature: "AUTH_SIGNATURE does not match what was sent"
    case .notMe(let target, let mine): "peer is trying to reach \(target) which is not us (\(mine))"
    case .notThePeer(let dialled, let identified):
      "peer identifies as \(identified), expected \(dialled)"
    case .missingFeatures(let bits): "missing required features \(hex(bits))"
    case .noAddress: "peer identifies without an address"
    case .handshakeTimedOut(let state): "handshake timed out while \(state)"
    case .stale(let sequence, let current):
      "stale connection: global_seq \(sequence), already at \(current)"
    }
  }
}

func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
