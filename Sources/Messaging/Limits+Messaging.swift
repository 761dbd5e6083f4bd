import Base

extension Limits {
  /// Segment 0 of a control frame: the longest are AUTH_* with cephx tickets, a few KiB.
  static let controlSegmentBytesMax = 64 << 10
  /// An OSDMap message carries up to 10 MiB of maps (`osd_map_message_max_bytes`), and one full map
  /// whatever its size.
  static let frontBytesMax = 64 << 20
  static let middleBytesMax = 16 << 20
  /// Above `osd_max_write_size` (90 MiB), so that an op that is too long can still be told so.
  static let dataBytesMax = 256 << 20
  /// Data segments from here up land page-aligned in slabs of their own, as the device wants them.
  static let alignedDataBytesMin = 4096
  /// The socket takes a longer beginning of a segment as a copy no more (its slabs are 4 MiB at most).
  static let expectedPrefixBytesMax = 1 << 20
  /// First piece of memory for a long segment; every next one is at most as long as what was
  /// received, so that a declared length makes nobody allocate.
  static let segmentPieceBytes = 256 << 10
  /// Both directions of a handshake, kept for its signature; cephx needs about 2 KiB.
  static let transcriptBytesMax = 512 << 10
  /// AUTH_* rounds before somebody only wants to keep us busy; cephx needs 2.
  static let authRoundsMax = 16
  /// `ms_connection_ready_timeout`, `ms_connection_idle_timeout` is the user's.
  static let handshakeTimeout: Duration = .seconds(10)
  /// `ms_initial_backoff`, `ms_max_backoff`.
  static let backoffMin: Duration = .milliseconds(200)
  static let backoffMax: Duration = .seconds(15)
}

extension Limits {
  /// Lossless messages, and their bytes, received before an ACK goes by itself, at the latest.
  static let unacknowledgedMax = 128
  static let unacknowledgedBytesMax = 4 << 20
  /// How long an acknowledgement waits for a message to ride on. Longer than it takes to the next op of
  /// one client that waits for each: an ACK by itself wakes the peer up.
  static let acknowledgeDelay: Duration = .milliseconds(50)
}
