import Base

/// What the two drivers for the kernel's sockets share.
protocol KernelDriver: EventDriver {
  var sockets: SocketHost { get }
}

extension KernelDriver {
  package func listen(
    at address: SocketAddress, onAccept: @escaping (any StreamSocket) -> Void
  ) throws(SystemError) -> any Listener {
    try KernelListener(host: sockets, address: address, onAccept: onAccept)
  }

  package func connect(to address: SocketAddress, from local: SocketAddress?) -> any StreamSocket {
    do {
      let (descriptor, pending) = try address.connect(from: local)
      return KernelSocket(
        host: sockets, descriptor: descriptor, isConnecting: pending, peer: address)
    } catch {
      return KernelSocket(host: sockets, descriptor: -1, peer: address, error: error)
    }
  }

  package func adopt(_ socket: DetachedSocket) -> any StreamSocket {
    let adopted = KernelSocket(
      host: sockets, descriptor: socket.take(), peer: socket.peerAddress, unread: socket.unread)
    adopted.send(socket.unsent)
    return adopted
  }
}
