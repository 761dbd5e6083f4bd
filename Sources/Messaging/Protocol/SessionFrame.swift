/// The frames between authentication and readiness, of both sides.
package enum SessionFrame: Hashable, Sendable {
  // From the connecting side.
  case clientIdent(ClientIdent)
  case reconnect(SessionReconnect)
  // From the accepting side.
  case serverIdent(ServerIdent)
  case missingFeatures(UInt64)
  case reset(full: Bool)
  case retry(connectSequence: UInt64)
  case retryGlobal(globalSequence: UInt64)
  case reconnectOK(messageSequence: UInt64)
  case wait
}
