import Base
import Buffers
import CLinux

/// A byte stream to a peer, TCP or UNIX. Confined to its reactor.
///
/// Bytes that arrive are slices of slabs that many reads share: what outlives its op copies them.
package protocol StreamSocket: AnyObject, Sendable {
  /// Begins to receive. `onClose` is called once, unless `close` is called first: with nil when the
  /// peer ended the stream, else with what went wrong; the socket is closed then. Neither is called
  /// from inside a call to the socket.
  func start(
    onReceive: @escaping (ByteSlice) -> Void, onClose: @escaping (SystemError?) -> Void)

  /// The next `count` bytes, of which `prefix` was delivered already (it is copied), arrive as slices
  /// that begin on a page and have a slab each: one slice up to `Limits.expectedChunkBytesMax`, beyond
  /// that one of each such length and a rest, in order. Each is delivered when it is full.
  ///
  /// To be called at the end of `onReceive`, when all other bytes delivered are consumed. Memory is
  /// taken for one chunk at a time.
  func expect(_ count: Int, prefix: ByteSlice)

  func pauseReceiving()
  func resumeReceiving()

  /// Queues; all that is queued in a tick leaves in one call at its end.
  func send(_ list: BufferList)
  func send(_ slice: ByteSlice)

  /// Queued and not yet taken by the kernel.
  var bytesQueued: Int { get }

  var isConnected: Bool { get }
  /// Nil while connecting, and for unnamed UNIX sockets.
  var localAddress: SocketAddress? { get }
  var peerAddress: SocketAddress? { get }

  /// Tries once to send what is queued, and closes. `onClose` is not called.
  func close()

  /// Receives no more, and closes when all that is queued has left, or cannot. `onClose` is not called.
  func closeWhenSent()

  /// Lets go of the descriptor so that another reactor's driver may `adopt` it. `unread` is what was
  /// delivered and is to be delivered again, there, before all else. What is queued goes along, and so
  /// do the bytes of an unfinished `expect`, as plain bytes.
  func detach(unread: BufferList) -> DetachedSocket
}

/// A socket on its way from one reactor to another; closes it if nobody adopts it.
package final class DetachedSocket: @unchecked Sendable {
  var descriptor: Int32
  package let unread: BufferList
  let unsent: BufferList
  /// A simulated network's socket, which has no descriptor.
  package let simulated: AnyObject?
  let peerAddress: SocketAddress?

  /// Takes over a connected, non-blocking descriptor.
  package init(
    descriptor: Int32, unread: BufferList = BufferList(), unsent: BufferList = BufferList(),
    peerAddress: SocketAddress? = nil, simulated: AnyObject? = nil
  ) {
    self.descriptor = descriptor
    self.unread = unread
    self.unsent = unsent
    self.peerAddress = peerAddress
    self.simulated = simulated
  }

  deinit { if descriptor >= 0 { CLinux_close(descriptor) } }

  func take() -> Int32 {
    defer { descriptor = -1 }
    return descriptor
  }
}
