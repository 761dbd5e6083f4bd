import Base

extension Limits {
  /// The unit of allocation, of checksums and of device I/O.
  package static let unitBytes = 4096
  /// Longer runs are kept apart from shorter ones while there is room (`SpaceMap`).
  static let shortRunUnitsMax = 16
  /// Blocks of one extent segment: 128 KiB, so that a 4 KiB overwrite logs under 1 KiB.
  package static let segmentBlocks = 32
  /// Reference counts of this many neighbouring units share a key.
  package static let referenceGroupUnits = 32
  /// More data than this is on the device before its record takes its place in the log.
  package static let inFlightDataBytesMax = 64 << 10
  /// Data of a transaction up to this wait for its record, to be written beside its neighbours, if not more
  /// of them go with a record; more data are on their way at once, and so are all when so much has been
  /// gathered. So much is the most that neighbours make together.
  static let heldDataBytesMax = 16 << 10
  static let gatheredDataBytesMax = 256 << 10
  /// Deferred units written at once: as many pieces as a device takes.
  static let deferredRunUnitsMax = 64
  /// A group of transactions is written in one record of at most this, unless one alone is larger.
  package static let recordBytesMax = 1 << 20
  package static let partitionsMax = 256
  package static let logsMax = 64
  /// How far behind a broken record the replay looks for proof that it was acknowledged.
  package static let damageScanBytes: UInt64 = 4 << 20
}
