import Base
import Messages
import RadosTypes
import Reactors

/// What arrives, once a link belongs to the connection.
extension Connection: LinkOwner {
  func handle(_ event: consuming ProtocolV2.Event, on link: Link) throws(ProtocolError) {
    switch consume event {
    case .message(let message, let ack): receive(message, ack)
    case .ack(let sequence): acknowledge(sequence)
    case .keepalive: lastKeepalive = reactor.now
    case .keepaliveAck: lastKeepaliveAck = reactor.now
    case .hello(let hello):
      guard hello.type == peerType else {
        throw .notThePeer(dialled: "\(peerType.name)", identified: "\(hello.type.name)")
      }
      messenger.learn(hello.peerAddress)
    case .authenticated: try openSession(link)
    case .session(let frame): try receive(frame, on: link)
    }
  }

  /// 3 of Docs/OpPath.md: a message in its order, under the budget of its policy.
  private func receive(_ message: consuming RawMessage, _ ack: UInt64) {
    switch sessionState.admit(message.header.sequence) {
    case .old:
      note(
        0, "got old message \(message.header.sequence) <= \(sessionState.inSequence), discarding")
      return
    case .skipped(let from):
      note(0, "missed message? skipped from seq \(from) to \(message.header.sequence)")
    case .next: break
    }
    worker.perf.add(MessengerCounter.receivedMessages)
    if !policy.lossy {
      unacknowledged.add(message.byteCount)
      sessionState.queue.acknowledge(ack)
    }
    message.budget = policy.throttle?.take(message.byteCount)
    deliver(message)
  }

  @inline(__always)
  private func deliver(_ message: RawMessage) {
    guard let delayed else { return messenger.dispatcher.dispatch(message, from: self) }
    delayed.take(message, after: worker.faults.nextDelay())
  }

  private func acknowledge(_ sequence: UInt64) {
    if !policy.lossy { sessionState.queue.acknowledge(sequence) }
  }

  func didDrain(_ link: Link) {
    if let throttle = policy.throttle, throttle.isExhausted { pause(link, throttle) }
    if !unacknowledged.isEmpty { acknowledgeLater(link) }
  }

  /// Stops reading until others have given bytes back.
  private func pause(_ link: Link, _ throttle: Throttle) {
    guard !isPaused else { return }
    let began = reactor.now
    let waits = throttle.wait { [self, weak link] in
      reactor.post { [weak link] in
        guard let link, self.link === link else { return }
        self.isPaused = false
        throttle.waited(self.reactor.clock.nanoseconds(since: began))
        link.resumeReceiving()
      }
    }
    guard waits else { return }
    isPaused = true
    link.pauseReceiving()
  }

  /// Acknowledgements ride on messages; without any for a while, or after much, one goes by itself.
  private func acknowledgeLater(_ link: Link) {
    if unacknowledged.isMuch { return sendAck(link) }
    guard ackTimer == nil else { return }
    ackTimer = reactor.schedule(after: Limits.acknowledgeDelay) { [weak self, weak link] in
      guard let self, let link, self.link === link else { return }
      self.ackTimer = nil
      if !self.unacknowledged.isEmpty { self.sendAck(link) }
    }
  }

  private func sendAck(_ link: Link) {
    unacknowledged = Unacknowledged()
    attempt(link) { (machine) throws(ProtocolError) in try machine.sendAck(sessionState.inSequence)
    }
  }

  func linkFailed(_ link: Link, _ failure: LinkFailure) {
    guard self.link === link else { return }
    let level: Int8
    switch failure {
    case .protocolError: level = 0
    case .socket, .injected: level = 1
    }
    note(level, "\(state.rawValue): \(failure)")
    fault(failure)
  }
}
