import Base
import Buffers
import Messages
import RadosTypes
import Reactors

/// Who is told what a link's machine says.
protocol LinkOwner: AnyObject {
  func handle(_ event: consuming ProtocolV2.Event, on link: Link) throws(ProtocolError)
  /// All that had arrived was handled.
  func didDrain(_ link: Link)
  /// The link has closed by itself.
  func linkFailed(_ link: Link, _ failure: LinkFailure)
}

enum LinkFailure: CustomStringConvertible {
  case protocolError(ProtocolError)
  /// Nil: the peer ended the stream.
  case socket(SystemError?)
  /// The network was told to fail (`ms_inject_socket_failures`).
  case injected

  var description: String {
    switch self {
    case .protocolError(let error): error.description
    case .socket(let error?): error.description
    case .socket(nil): "peer closed the connection"
    case .injected: "injecting socket failure"
    }
  }
}

/// A socket and its protocol machine: moves bytes between the two, for whoever owns it at the moment.
///
/// Confined to the worker's reactor. When a session belongs elsewhere the machine moves there and gets
/// a new link (`handOver`).
final class Link: @unchecked Sendable {
  let machine: ProtocolV2
  let worker: Worker
  private let socket: any StreamSocket
  private(set) var isOpen = true
  private var owner: (any LinkOwner)?
  private var isFlushQueued = false
  private var timer: ReactorTimer?
  private var countedBytes: UInt64

  init(_ socket: any StreamSocket, _ machine: ProtocolV2, _ worker: Worker) {
    self.socket = socket
    self.machine = machine
    self.worker = worker
    countedBytes = machine.bytesRead
  }

  /// Begins to receive; `owner` may be another later.
  func start(owner: any LinkOwner) {
    self.owner = owner
    socket.start(
      onReceive: { [self] bytes in receive(bytes) },
      onClose: { [self] error in fail(.socket(error)) })
    flushSoon()
  }

  func setOwner(_ owner: any LinkOwner) { self.owner = owner }

  /// The handshake has `limit` to become ready.
  func startTimer(_ limit: Duration) {
    timer = worker.reactor.schedule(after: limit) { [weak self] in
      guard let self else { return }
      self.fail(.protocolError(.handshakeTimedOut(self.machine.state.rawValue)))
    }
  }

  func stopTimer() {
    timer?.cancel()
    timer = nil
  }

  // MARK: Receiving

  private func receive(_ bytes: ByteSlice) {
    if worker.faults.failsNow() { return breakOff() }
    machine.feed(bytes, at: worker.reactor.now.nanoseconds)
    do throws(ProtocolError) {
      while isOpen, let event = try machine.next() { try owner?.handle(event, on: self) }
    } catch { return fail(.protocolError(error)) }
    guard isOpen else { return }
    if let expected = machine.takeExpectation() {
      socket.expect(expected.count, prefix: expected.prefix)
    }
    worker.perf.add(MessengerCounter.receivedBytes, machine.bytesRead &- countedBytes)
    countedBytes = machine.bytesRead
    owner?.didDrain(self)
    if machine.hasOutput { flushSoon() }
  }

  func pauseReceiving() { socket.pauseReceiving() }
  func resumeReceiving() { if isOpen { socket.resumeReceiving() } }

  // MARK: Sending

  var bytesQueued: Int { socket.bytesQueued }

  /// What the machine has to say leaves at the end of the tick.
  @inline(__always)
  func flushSoon() {
    guard !isFlushQueued else { return }
    isFlushQueued = true
    worker.flushLater(self)
  }

  func flush() {
    isFlushQueued = false
    guard isOpen else { return }
    if worker.faults.failsNow() { return breakOff() }
    sendOutput()
  }

  /// As when a network fails: what was to be said, or had just arrived, is lost.
  private func breakOff() {
    guard isOpen else { return }
    if machine.hasOutput { _ = machine.takeOutput() }
    fail(.injected)
  }

  private func sendOutput() {
    guard machine.hasOutput else { return }
    let bytes = machine.takeOutput()
    worker.perf.add(MessengerCounter.sentBytes, UInt64(bytes.count))
    socket.send(bytes)
  }

  // MARK: End

  /// Says what is left to say, and closes; the owner is not told.
  func close() {
    guard isOpen else { return }
    isOpen = false
    stopTimer()
    sendOutput()
    socket.close()
    owner = nil
  }

  func fail(_ failure: LinkFailure) {
    guard isOpen else { return }
    let owner = owner
    close()
    owner?.linkFailed(self, failure)
  }

  /// Lets the socket go; the machine goes on with another link.
  func detach() -> DetachedSocket {
    sendOutput()
    isOpen = false
    stopTimer()
    owner = nil
    return socket.detach(unread: BufferList(machine.takeInput()))
  }

  var peerAddress: SocketAddress? { socket.peerAddress }
}
