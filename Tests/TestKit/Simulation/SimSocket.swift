import Base
import Buffers
import Glibc
import Reactors

/// One end of a simulated connection. Confined to its driver's reactor.
final class SimSocket: StreamSocket, @unchecked Sendable {
  private enum State { case idle, open, closed }

  private let network: SimNetwork
  private var driver: SimDriver
  let name: SocketAddress
  private let peerName: SocketAddress
  private var other: SimSocket?
  private var state = State.idle
  private var onReceive: ((ByteSlice) -> Void)?
  private var onClose: ((SystemError?) -> Void)?

  /// Under way to this end, in the order of sending, which holds when the socket changes reactors too.
  private var underWay: [ByteSlice] = []
  private var arrived = BufferList()
  /// How the stream ended, once all that arrived is delivered.
  private var ending: Ending?
  private var isPaused = false
  private var expected = 0
  private var gathered: [UInt8] = []
  private var isDelivering = false

  private var outgoing = BufferList()
  private var isInFlush = false
  private var closesWhenJoined = false
  /// When the last batch sent arrives; later ones do not overtake it.
  private var lastArrival: UInt64 = 0

  private struct Ending { var error: SystemError? }

  init(network: SimNetwork, driver: SimDriver, local: SocketAddress, peer: SocketAddress) {
    self.network = network
    self.driver = driver
    name = local
    peerName = peer
  }

  func join(_ socket: SimSocket) {
    other = socket
    socket.other = self
    if socket.closesWhenJoined { socket.close() } else { socket.sendSoon() }
  }

  var otherEnd: SimSocket? { other }
  var isConnected: Bool { state == .open && other != nil }
  var localAddress: SocketAddress? { other == nil ? nil : name }
  var peerAddress: SocketAddress? { peerName }
  var bytesQueued: Int { outgoing.count }

  func start(onReceive: @escaping (ByteSlice) -> Void, onClose: @escaping (SystemError?) -> Void) {
    precondition(state == .idle, "a socket was started twice")
    state = .open
    self.onReceive = onReceive
    self.onClose = onClose
    sendSoon()
    deliverSoon()
  }

  func move(to driver: SimDriver, unread: BufferList) {
    self.driver = driver
    state = .idle
    var all = unread
    all.append(arrived)
    arrived = all
  }

  func detach(unread: BufferList) -> DetachedSocket {
    precondition(state != .closed && expected == 0)
    state = .idle
    onReceive = nil
    onClose = nil
    return DetachedSocket(descriptor: -1, unread: unread, peerAddress: peerName, simulated: self)
  }

  func close() {
    guard state != .closed else { return }
    flush()
    end(telling: nil)
  }

  /// What was queued is on its way at once, here, if there is a connection.
  func closeWhenSent() {
    guard state == .open, other == nil, ending == nil, !outgoing.isEmpty else { return close() }
    closesWhenJoined = true
    onReceive = nil
    onClose = nil
  }

  /// The network cuts the connection.
  func fail(_ error: SystemError) {
    ending = Ending(error: error)
    deliverSoon()
  }

  /// The connection breaks: this end gets nothing more, the other what was sent to it before.
  func cut() {
    let error = SystemError(ECONNRESET, "simulated cut")
    if let other {
      let now = network.clock.now.nanoseconds
      network.clock.inOrder(
        nanoseconds: max(lastArrival, now + network.delay()) - now, on: other.driver
      ) {
        if other.ending == nil { other.ending = Ending(error: error) }
        other.deliverSoon()
      }
    }
    underWay = []
    fail(error)
  }

  private func end(telling error: SystemError?) {
    state = .closed
    onReceive = nil
    onClose = nil
    arrived = BufferList()
    outgoing = BufferList()
    guard let other else { return }
    self.other = nil
    let arrival = max(lastArrival, network.clock.now.nanoseconds + network.delay())
    network.clock.inOrder(nanoseconds: arrival - network.clock.now.nanoseconds, on: other.driver) {
      other.other = nil
      if other.ending == nil { other.ending = Ending(error: error) }
      other.deliverSoon()
    }
  }

  // MARK: Receiving

  func expect(_ count: Int, prefix: ByteSlice) {
    precondition(expected == 0 && prefix.count <= count)
    expected = count
    gathered = prefix.array
    deliverSoon()
  }

  func pauseReceiving() { isPaused = true }

  func resumeReceiving() {
    isPaused = false
    deliverSoon()
  }

  private func deliverSoon() { driver.whenReady { self.deliver() } }

  private func deliver() {
    guard !isDelivering else { return }
    isDelivering = true
    defer { isDelivering = false }
    while state == .open, !isPaused, deliverOne() {}
    guard state == .open, !isPaused, arrived.isEmpty, underWay.isEmpty, let ending else { return }
    let onClose = self.onClose
    other = nil
    end(telling: nil)
    onClose?(ending.error)
  }

  private func deliverOne() -> Bool {
    if expected > 0, gathered.count == min(expected, Limits.expectedChunkBytesMax) {
      let full = aligned(gathered)
      expected -= gathered.count
      gathered = []
      onReceive?(full)
      return true
    }
    guard let first = arrived.slices.first(where: { _ in true }) else { return false }
    var taken = first
    if expected > 0 {
      taken = first.prefix(min(expected, Limits.expectedChunkBytesMax) - gathered.count)
      gathered += taken.array
    }
    arrived = arrived.sub(taken.count, arrived.count - taken.count)
    if expected == 0 { onReceive?(taken) }
    return true
  }

  private func aligned(_ bytes: [UInt8]) -> ByteSlice {
    let slab = SlabPool.shared.slab(capacity: max(4096, bytes.count))
    UnsafeMutableRawBufferPointer(start: slab.base, count: bytes.count).copyBytes(from: bytes)
    return ByteSlice(slab, count: bytes.count)
  }

  // MARK: Sending

  func send(_ slice: ByteSlice) { send(BufferList(slice)) }

  func send(_ list: BufferList) {
    guard state != .closed else { return }
    outgoing.append(list)
    sendSoon()
  }

  private func sendSoon() {
    guard !isInFlush, other != nil, !outgoing.isEmpty else { return }
    isInFlush = true
    driver.sendLater(self)
  }

  func flush() {
    isInFlush = false
    guard let other, !outgoing.isEmpty else { return }
    // Copied: the sender may reuse its memory once it is told, as after a system call.
    var left = outgoing.contiguous().withUnsafeBytes { ByteSlice(copying: $0) }
    outgoing = BufferList()
    while !left.isEmpty {
      let most = min(left.count, Limits.receiveSlabBytes)
      let piece = left.prefix(
        network.cutsPieces ? 1 + Int(network.clock.random.next() % UInt64(most)) : most)
      left = left.dropFirst(piece.count)
      let now = network.clock.now.nanoseconds
      lastArrival = max(lastArrival, now + network.delay())
      other.underWay.append(piece)
      network.clock.inOrder(nanoseconds: lastArrival - now, on: other.driver) {
        guard !other.underWay.isEmpty else { return }
        other.arrived.append(other.underWay.removeFirst())
        other.deliverSoon()
      }
    }
  }
}
