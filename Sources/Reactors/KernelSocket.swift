import Base
import Buffers
import CLinux
import Glibc

/// A stream socket of the kernel's, driven by edges of readiness. Confined to its reactor.
///
/// An edge costs one receive call: fewer bytes than asked for mean that the socket is empty, and
/// whatever comes later makes a new edge. One that is left with bytes (budget, pause) goes on later.
final class KernelSocket: StreamSocket, ReadinessWatcher, @unchecked Sendable {
  /// `closing`: open for what is queued only.
  private enum State { case idle, open, closing, closed }

  private let host: SocketHost
  private var descriptor: Int32
  private var slot: Int?
  private var state = State.idle
  private var onReceive: ((ByteSlice) -> Void)?
  private var onClose: ((SystemError?) -> Void)?

  private var isConnecting: Bool
  /// Found before `start`, told after it.
  private var earlyError: SystemError?
  private let knownPeer: SocketAddress?

  /// In hand and not delivered: it came with the socket, or the user paused.
  private var unread: [ByteSlice]
  private var target = ReceiveTarget()
  private var isReadable = false
  /// The peer has closed or the socket has an error: a short read is not the end.
  private var sawHangup = false
  private var isPaused = false
  private var isReceiving = false
  private var goesOn = false

  private var queue = SendQueue()
  private var isWritable = true
  private var isInUnsent = false

  init(
    host: SocketHost, descriptor: Int32, isConnecting: Bool = false, peer: SocketAddress? = nil,
    unread: BufferList = BufferList(), error: SystemError? = nil
  ) {
    self.host = host
    self.descriptor = descriptor
    self.isConnecting = isConnecting
    self.unread = Array(unread.slices)
    knownPeer = peer
    earlyError = error
  }

  deinit { if descriptor >= 0 { CLinux_close(descriptor) } }

  var isConnected: Bool { state == .open && !isConnecting }
  var bytesQueued: Int { queue.bytes }

  var localAddress: SocketAddress? {
    var address = CLinux_Address()
    guard !isConnecting, CLinux_localAddress(descriptor, &address) == 0 else { return nil }
    return SocketAddress(address)
  }

  var peerAddress: SocketAddress? {
    if let knownPeer { return knownPeer }
    var address = CLinux_Address()
    guard CLinux_peerAddress(descriptor, &address) == 0 else { return nil }
    return SocketAddress(address)
  }

  // MARK: Life

  func start(onReceive: @escaping (ByteSlice) -> Void, onClose: @escaping (SystemError?) -> Void) {
    precondition(state == .idle, "a socket was started twice")
    state = .open
    self.onReceive = onReceive
    self.onClose = onClose
    if earlyError == nil {
      do { slot = try host.watch(descriptor, self) } catch { earlyError = error }
    }
    if earlyError != nil || !unread.isEmpty { later() }
    if !queue.isEmpty { sendSoon() }
  }

  func close() {
    guard state != .closed else { return }
    if state == .open, !queue.isEmpty, isWritable, !isConnecting { _ = sendQueued() }
    end()
  }

  func closeWhenSent() {
    guard state == .open, !queue.isEmpty else { return close() }
    state = .closing
    onReceive = nil
    onClose = nil
    sendSoon()
  }

  private func end() {
    state = .closed
    release()
    if descriptor >= 0 { CLinux_close(descriptor) }
    descriptor = -1
  }

  private func release() {
    if let slot { host.unwatch(slot) }
    slot = nil
    onReceive = nil
    onClose = nil
    queue.removeAll()
    target.end()
    unread = []
  }

  func abandon() {
    slot = nil
    if state != .closed { end() }
  }

  private func fail(_ error: SystemError?) {
    guard isStarted else { return }
    let onClose = self.onClose
    end()
    onClose?(error)
  }

  func detach(unread: BufferList) -> DetachedSocket {
    precondition(state == .idle || isConnected, "detach of a socket that is not connected")
    if isWritable, !queue.isEmpty { _ = sendQueued() }
    var all = unread
    all.append(target.partial)
    for slice in self.unread { all.append(slice) }
    let detached = DetachedSocket(
      descriptor: descriptor, unread: all, unsent: queue.remaining(), peerAddress: knownPeer)
    descriptor = -1
    state = .closed
    release()
    return detached
  }

  // MARK: Events

  func ready(_ mask: UInt32) {
    guard isStarted else { return }
    let closed = UInt32(CLinux_peerClosed | CLinux_hangup | CLinux_error)
    if isConnecting, !finishConnecting() { return }
    if mask & closed != 0 { sawHangup = true }
    if mask & UInt32(CLinux_writable) != 0, !isWritable {
      isWritable = true
      if !queue.isEmpty { sendSoon() }
    }
    if mask & (UInt32(CLinux_readable) | closed) != 0 {
      isReadable = true
      receive()
    }
  }

  private func finishConnecting() -> Bool {
    let error = CLinux_socketError(descriptor)
    guard error == 0 else {
      fail(SystemError(-error, "connect to \(knownPeer.map { "\($0)" } ?? "peer")"))
      return false
    }
    isConnecting = false
    if !queue.isEmpty { sendSoon() }
    return true
  }

  private func later() {
    guard !goesOn else { return }
    goesOn = true
    host.goOnLater(self)
  }

  func goOn() {
    goesOn = false
    guard state == .open else { return }
    if let earlyError { return fail(earlyError) }
    receive()
  }

  // MARK: Receiving

  func pauseReceiving() { isPaused = true }

  func resumeReceiving() {
    guard isPaused else { return }
    isPaused = false
    later()
  }

  func expect(_ count: Int, prefix: ByteSlice) {
    precondition(
      prefix.count <= min(count, Limits.expectedChunkBytesMax),
      "a prefix of \(prefix.count) bytes for \(count)")
    target.begin(count, pool: host.reactor.pool)
    _ = target.copy(prefix)
    if !isReceiving { later() }
  }

  /// 1 of Docs/OpPath.md.
  private func receive() {
    guard !isReceiving else { return }
    isReceiving = true
    defer { isReceiving = false }
    deliverFull()
    deliverUnread()
    var budget = Limits.receiveBytesPerTick
    while state == .open, isReadable, !isPaused, unread.isEmpty {
      guard budget > 0 else { return later() }
      budget -= receiveOnce(budget)
      deliverFull()
    }
  }

  /// Delivers what is in hand, expected bytes first to where they belong. A callback may pause, close
  /// or detach the socket: what was not delivered is in `unread` whenever one runs.
  private func deliverUnread() {
    while !unread.isEmpty, state == .open, !isPaused {
      let first = unread.removeFirst()
      guard target.isActive else {
        onReceive?(first)
        continue
      }
      let taken = target.copy(first)
      if taken < first.count { unread.insert(first.dropFirst(taken), at: 0) }
      deliverFull()
    }
  }

  private func deliverFull() {
    while state == .open, !isPaused, let full = target.takeFull(pool: host.reactor.pool) {
      onReceive?(full)
    }
  }

  /// One receive call and the delivery of its bytes; how many there were.
  private func receiveOnce(_ budget: Int) -> Int {
    let wanted = target.space(max: budget)
    var asked = wanted?.count ?? 0
    var segments = 0
    if let wanted {
      host.segments[0] = wanted
      segments = 1
    }
    if asked < budget, !target.hasMoreChunks {
      let space = host.receiveSpace()
      host.segments[segments] = space
      segments += 1
      asked += space.count
    }
    let got = Int(CLinux_receive(descriptor, host.segments, Int32(segments)))
    host.perf.add(ReactorCounter.receives)
    guard got > 0 else {
      receivedNothing(got)
      return 0
    }
    host.perf.add(ReactorCounter.receivedBytes, UInt64(got))
    if got < asked, !sawHangup { isReadable = false }
    distribute(got, expected: wanted?.count ?? 0)
    return got
  }

  private func distribute(_ got: Int, expected: Int) {
    if expected > 0 {
      target.received(min(got, expected))
      if got > expected { unread.append(host.received(got - expected)) }
      deliverFull()
      deliverUnread()
    } else if target.isActive {
      unread.append(host.received(got))
      deliverUnread()
    } else {
      onReceive?(host.received(got))
    }
    host.recycleReceiveSpace()
  }

  private func receivedNothing(_ result: Int) {
    switch Int32(-result) {
    case EINTR: break
    case EAGAIN: isReadable = false
    case 0:
      isReadable = false
      if isWritable, !queue.isEmpty { _ = sendQueued() }
      fail(nil)
    case let error: fail(SystemError(error, "recv"))
    }
  }

  // MARK: Sending

  func send(_ list: BufferList) {
    guard state == .idle || state == .open else { return }
    queue.append(list)
    sendInTime()
  }

  func send(_ slice: ByteSlice) {
    guard state == .idle || state == .open else { return }
    queue.append(slice)
    sendInTime()
  }

  /// What one tick brings goes together, but the peer is not kept waiting for all of a large batch. An
  /// error is met again, and told, at the end of the tick.
  private func sendInTime() {
    if queue.bytes >= Limits.heldBackBytesMax, isWritable, isStarted, !isConnecting {
      if sendQueued() == nil { return }
    }
    sendSoon()
  }

  private func sendSoon() {
    guard !isInUnsent, isWritable, isStarted, !isConnecting else { return }
    isInUnsent = true
    host.sendLater(self)
  }

  /// The end of a tick in which something was queued.
  func flush() {
    isInUnsent = false
    guard isStarted, isWritable else { return }
    if let error = sendQueued() { fail(error) } else if state == .closing, queue.isEmpty { end() }
  }

  private var isStarted: Bool { state == .open || state == .closing }

  private func sendQueued() -> SystemError? {
    while !queue.isEmpty {
      let (count, bytes) = queue.fill(host.segments, max: Limits.segmentsPerSend)
      let sent = Int(CLinux_send(descriptor, host.segments, Int32(count)))
      host.perf.add(ReactorCounter.sends)
      guard sent >= 0 else {
        if sent == -Int(EINTR) { continue }
        guard sent == -Int(EAGAIN) else { return SystemError(Int32(-sent), "send") }
        isWritable = false
        return nil
      }
      host.perf.add(ReactorCounter.sentBytes, UInt64(sent))
      if sent < bytes { host.perf.add(ReactorCounter.partialSends) }
      queue.drop(sent)
    }
    return nil
  }
}
