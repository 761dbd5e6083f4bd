import Buffers
import Wire

/// What an OSD knows of an object, kept with it as the attribute `_`.
///
/// Ceph: `object_info_t`. Encoded as version 17/8; the order of the fields is in the coder, since
/// several slots are kept for readers long gone.
package struct ObjectInfo: Hashable, Sendable {
  package struct Flags: OptionSet, Hashable, Sendable {
    package var rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let lost = Flags(rawValue: 1)
    package static let whiteout = Flags(rawValue: 2)
    package static let dirty = Flags(rawValue: 4)
    package static let omap = Flags(rawValue: 8)
    package static let dataDigest = Flags(rawValue: 0x10)
    package static let omapDigest = Flags(rawValue: 0x20)
    package static let cachePin = Flags(rawValue: 0x40)
    package static let manifest = Flags(rawValue: 0x80)
    package static let usesTmap = Flags(rawValue: 0x100)
    package static let redirectHasReference = Flags(rawValue: 0x200)
  }

  package var object: HObject
  package var version = EVersion.zero
  package var priorVersion = EVersion.zero
  package var userVersion: UInt64 = 0
  package var lastReqID = ReqID.none
  /// Bytes.
  package var size: UInt64 = 0
  /// As the client said, and as this OSD's clock said.
  package var mtime = UTime.zero
  package var localMTime = UTime.zero
  package var flags = Flags()
  package var truncateSequence: UInt64 = 0
  package var truncateSize: UInt64 = 0
  package var watchers: [WatcherKey: WatchInfo] = [:]
  /// CRC-32C from seed -1; valid with the flag of the name, else -1.
  package var dataDigest: UInt32 = .max
  package var omapDigest: UInt32 = .max
  package var expectedObjectSize: UInt64 = 0
  package var expectedWriteSize: UInt64 = 0
  package var allocationHintFlags: UInt32 = 0
  /// An encoded `object_manifest_t`; there when the flag says so.
  package var manifest = ByteString()

  package init(_ object: HObject) { self.object = object }

  package mutating func setDataDigest(_ digest: UInt32) {
    flags.insert(.dataDigest)
    dataDigest = digest
  }

  package mutating func clearDataDigest() {
    flags.remove(.dataDigest)
    dataDigest = .max
  }

  package mutating func setOmapDigest(_ digest: UInt32) {
    flags.insert(.omapDigest)
    omapDigest = digest
  }

  package mutating func clearOmapDigest() {
    flags.remove(.omapDigest)
    omapDigest = .max
  }
}
