import Configuration
import PlacementGroups

/// Faults that tests ask for by options.
extension InjectedFaults {
  static let options: Set<String> = [
    "osd_debug_reject_backfill_probability", "osd_debug_inject_dispatch_delay_probability",
    "osd_debug_inject_dispatch_delay_duration",
  ]

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
    let apply: @Sendable () -> Void = { shards.inject(InjectedFaults(configuration)) }
    apply()
    configuration.observe(InjectedFaults.options, apply)
  }
}
