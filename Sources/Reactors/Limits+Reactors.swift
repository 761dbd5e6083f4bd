import Base

extension Limits {
  /// Jobs and posted closures run between two looks at the sockets and the device; past that the
  /// rest waits one tick, so that a chain of jobs cannot starve I/O.
  package static let workPerTick = 1024

  /// Turns of the loop after `stop`, for work that ends without waiting.
  package static let ticksAfterStop = 100

  /// Bytes taken from one connection in a tick, so that a fast sender does not starve the others;
  /// 128 messages of 4 KiB.
  package static let receiveBytesPerTick = 512 << 10

  /// The slab that small reads of all of a reactor's sockets share.
  package static let receiveSlabBytes = 128 << 10

  /// A read is offered at least this much; with less left, the receive slab is replaced.
  package static let receiveBytesMin = 32 << 10

  /// The largest slab allocated ahead of the bytes that it is for; a declared length beyond that
  /// costs memory only as its bytes arrive.
  package static let expectedChunkBytesMax = 4 << 20

  /// Connections accepted in one tick.
  package static let acceptsPerTick = 64

  /// The kernel takes at most this many segments in a call (`IOV_MAX`).
  package static let segmentsPerSend = 1024

  /// What is to be sent waits for the end of a tick, unless it is so much.
  package static let heldBackBytesMax = 32 << 10

  /// A century, so that no delay overflows the clock.
  package static let timerDelayMax: Duration = .seconds(3_155_760_000)

  /// Work that runs longer than this without giving the reactor back is counted and named.
  package static let longRun: Duration = .milliseconds(1)

  /// At most one such line in this time.
  package static let longRunLogInterval: Duration = .seconds(1)
}
