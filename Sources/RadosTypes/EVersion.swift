import Wire

/// A place in a PG's log: the epoch it was written in, then a counter within the PG.
///
/// Ceph: `eversion_t`. Prints as Ceph does, `54'12`; ordered by epoch, then version.
/// Layout: 12 bytes, `version: u64, epoch: u32`; no envelope.
package struct EVersion: Hashable, Sendable {
  package var epoch: UInt32
  package var version: UInt64

  package init(epoch: UInt32 = 0, version: UInt64 = 0) {
    self.epoch = epoch
    self.version = version
  }

  package static let zero = EVersion()
  package static let max = EVersion(epoch: .max, version: .max)

  package var isZero: Bool { epoch == 0 && version == 0 }
}

extension EVersion: Comparable, CustomStringConvertible {
  package static func < (left: EVersion, right: EVersion) -> Bool {
    left.epoch != right.epoch ? left.epoch < right.epoch : left.version < right.version
  }

  package var description: String { "\(epoch)'\(version)" }

  /// The key under which a PG log keeps an entry: ten digits of epoch, a dot, twenty of version.
  package var keyName: String {
    String(epoch).leftPadded(to: 10) + "." + String(version).leftPadded(to: 20)
  }
}

extension EVersion: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    version = try reader.read(UInt64.self)
    epoch = try reader.read(UInt32.self)
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(version)
    writer.write(epoch)
  }
}
