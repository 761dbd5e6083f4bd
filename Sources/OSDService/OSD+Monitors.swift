import Base
import Configuration
import Glibc
import Messages
import Messaging
import Monitors
import RadosTypes
import Reactors

/// What the monitors say, and who listens.
extension OSD: MonClientDelegate {
  static func monClient(
    _ parts: Parts, _ transport: any SessionTransport, on reactor: Reactor
  ) throws -> MonClient {
    var options = try MonClient.Options(parts.configuration)
    options.fsid = parts.identity.cluster
    return MonClient(
      reactor: reactor, transport: transport, authenticator: parts.authenticator, options: options,
      log: parts.log, random: .fromSystem())
  }

  package func monClientDidOpenSession(_ client: MonClient) {
    switch state {
    case .preboot, .booting:
      enter(.preboot)
      bootWhenReady()
    case .active, .waitingForHealthy:
      requestsAgain()
      heartbeats.reportAgain()
      sendBeacon()
    case .initializing, .stopping: break
    }
  }

  package func monClient(_ client: MonClient, received message: RawMessage) {
    do {
      switch message.type {
      case .osdMap: queue(try message.decode(MOSDMap.self))
      case .config: apply(try message.decode(MConfig.self))
      case .osdPGCreate2: createPGs(try message.decode(MOSDPGCreate2.self))
      case .osdMarkMeDown: onMarkedDown?()
      case .monMap, .osdPGCreated, .monGetPurgedSnapsReply: break
      default: log.write(.osd, 5, self, "\(message.type) from the monitor is nothing for an OSD")
      }
    } catch {
      log.error(.osd, self, "\(message.type) from the monitor: \(error)")
    }
  }

  private func apply(_ message: MConfig) {
    for refusal in configuration.applyFromMonitor(message.options) {
      log.error(.osd, self, "central configuration: \(refusal)")
    }
  }
}
