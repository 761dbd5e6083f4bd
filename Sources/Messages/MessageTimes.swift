/// When a message came, nanoseconds of the reactor's clock; 0 is not known.
///
/// Ceph: `Message::recv_stamp`, `recv_complete_stamp`, `dispatch_stamp`.
@usableFromInline package struct MessageTimes: Sendable {
  /// Its first bytes were there.
  @usableFromInline package var headerRead: UInt64 = 0
  /// It was whole.
  @usableFromInline package var allRead: UInt64 = 0
  /// Its dispatcher looked at it.
  @usableFromInline package var dispatched: UInt64 = 0

  @inlinable
  package init() {}
}
