import Configuration
import PlacementGroups

/// Faults that tests ask for by options.
extension InjectedFaults {
  init(_ configuration: Configuration) {
    self.init()
    rejectBackfill = configuration.real("osd_debug_reject_backfill_probability")
    delayProbability = configuration.real("osd_debug_inject_dispatch_delay_probability")
    let seconds = configuration.real("osd_debug_inject_dispatch_delay_duration")
    delay = .seconds(min(max(0, seconds), 3600))
  }
}

extension OSD {
  /// Now, and whenever one of the options changes.
  func followFaults() {
    let (shards, configuration) = (shards, configuration)
    configuration.follow { shards.inject(InjectedFaults(configuration)) }
  }
}
