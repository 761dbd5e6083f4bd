import Auth
import Buffers
import Ciphers

/// One direction of secure mode: AES-128-GCM, whose nonce `{fixed: u32, counter: u64}` counts up with
/// every unit.
///
/// Ceph: `AES128GCM_OnWireTxHandler`, `RxHandler` (crypto_onwire.cc), revision 1 of the nonce.
package struct OnWireCipher {
  package static let tagBytes = 16
  /// Key, nonce of what the connecting side receives, nonce of what it sends; the rest is not used.
  package static let secretBytes = 40

  package let gcm: AESGCM
  private let fixed: UInt32
  private let firstCounter: UInt64
  private var counter: UInt64
  private var isUsed = false

  /// `secret` has at least `secretBytes`.
  package init(secret: [UInt8], direction: AESGCM.Direction, isConnectingSide: Bool) {
    precondition(secret.count >= Self.secretBytes, "connection secret of \(secret.count) bytes")
    gcm = AESGCM(key: secret[..<16], direction)
    let offset = (direction == .open) == isConnectingSide ? 16 : 28
    var nonce = secret[offset..<offset + 12].reversed().map(UInt64.init)
    firstCounter = nonce.prefix(8).reduce(0) { $0 << 8 | $1 }
    nonce.removeFirst(8)
    fixed = UInt32(nonce.reduce(0) { $0 << 8 | $1 })
    counter = firstCounter
  }

  /// Before the nonce would be used a second time.
  var unitsLeft: UInt64 { isUsed ? firstCounter &- counter : .max }

  /// Begins the next unit.
  package mutating func begin() throws(ProtocolError) {
    guard !isUsed || counter != firstCounter else { throw .nonceExhausted }
    gcm.begin(fixed: fixed, counter: counter)
    counter &+= 1
    isUsed = true
  }
}

/// What secure mode rounds segments up to.
@inline(__always)
func padded(_ count: Int) -> Int { (count + 15) & ~15 }

/// The layout of secure mode's units.
enum SecureLayout {
  /// What of segment 0 goes along with the preamble.
  static let inlineBytes = 48
  /// The first unit: preamble, inline bytes (zero padded), tag.
  static let firstUnitBytes = Preamble.bytes + inlineBytes + OnWireCipher.tagBytes
  /// `late_status: u8`, 15 zeros; not counting the tag.
  static let epilogueBytes = 16
}

/// The layout of crc mode.
enum CRCLayout {
  static let crcBytes = 4
  /// `late_status: u8`, crcs of segments 1, 2 and 3.
  static let epilogueBytes = 13
  /// Seed of every segment's crc; an empty segment inside a frame has this as its crc.
  static let seed: UInt32 = 0xffff_ffff
}

/// First byte of an epilogue. Ceph: `FRAME_LATE_STATUS_*`.
enum LateStatus {
  static let complete: UInt8 = 0xe
  static let aborted: UInt8 = 0x1
  static let mask: UInt8 = 0xf
}
