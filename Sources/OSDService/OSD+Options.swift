import Configuration
import Messaging
import PlacementGroups
import Scheduling
import Scrubbing

/// What of the daemon follows options while it runs. What is not here reads them when it needs them.
extension OSD {
  /// On `home`.
  func followOptions() {
    followPlacementGroups()
    followHeartbeats()
    followConnections()
    follow({ Duration.seconds($0.integer("osd_beacon_report_interval")) }) { osd, interval in
      osd.scheduleBeacon(every: interval)
    }
  }

  /// Now, on `home`, and again whenever an option that `read` reads has another value.
  private func follow<Value: Sendable>(
    _ read: @escaping @Sendable (Configuration) -> Value,
    _ apply: @escaping @Sendable (OSD, Value) -> Void
  ) {
    configuration.follow { [weak self, configuration, home] in
      let value = read(configuration)
      home.post { [weak self] in if let self, self.state != .stopping { apply(self, value) } }
    }
  }

  private func followPlacementGroups() {
    let (shards, configuration, whoami) = (shards, configuration, identity.whoami)
    let isRotational = parts.deviceFacts["rotational"] == "1"
    configuration.follow {
      shards.recoveries.limits = .init(configuration, isRotational: isRotational)
    }
    configuration.follow { shards.setBackfillsMax(configuration.integer("osd_max_backfills")) }
    configuration.follow { shards.setScrubSettings(ScrubSettings(configuration)) }
    configuration.follow { shards.setSettings(PGSettings(configuration, whoami: whoami)) }
  }

  private func followHeartbeats() {
    follow({ configuration in
      (
        settings: HeartbeatPeers.Settings(configuration),
        interval: Duration.seconds(configuration.integer("osd_heartbeat_interval"))
      )
    }) { osd, new in osd.heartbeats.follow(new.settings, interval: new.interval) }
  }

  private func followConnections() {
    follow({ NetworkFaults($0) }) { $0.messengers.setFaults($1) }
    follow({ $0.size("osd_client_message_size_cap") }) { osd, most in
      osd.messengers.budget.bytesMax = Int(clamping: most)
    }
    follow({ $0.integer("osd_client_message_cap") }) { osd, most in
      osd.messengers.budget.messagesMax = most > 0 ? most : .max
    }
    follow({ $0.integer("osd_map_share_max_epochs") }) { $0.peers.setSharedMost($1) }
    follow({ ($0.seconds("mon_client_ping_interval"), $0.seconds("mon_client_ping_timeout")) }) {
      osd, new in
      osd.monitors.options.pingInterval = new.0
      osd.monitors.options.pingTimeout = new.1
    }
    follow({ $0.seconds("mon_client_hunt_interval") }) { osd, interval in
      osd.monitors.options.huntInterval = interval
    }
  }
}

extension HeartbeatPeers.Settings {
  init(_ configuration: Configuration) {
    self.init()
    grace = .seconds(configuration.integer("osd_heartbeat_grace"))
    stale = .seconds(configuration.integer("osd_heartbeat_stale"))
    peersMin = configuration.integer("osd_heartbeat_min_peers")
    reportersMin = configuration.integer("mon_osd_min_down_reporters")
    reporterLevel = configuration.string("mon_osd_reporter_subtree_level")
  }
}
