import Configuration
import PlacementGroups
import Testing

@testable import OSDService

/// What PGs are told of options.
@Suite struct PGSettingsTests {
  private func settings(_ options: [String: String]) throws -> PGSettings {
    let configuration = Configuration(identity: ConfigIdentity())
    for (name, value) in options { try configuration.set(name, value, from: .file) }
    return PGSettings(configuration, whoami: 0)
  }

  @Test func `peering trims logs by the options too`() throws {
    let settings = try settings([
      "osd_min_pg_log_entries": "10", "osd_max_pg_log_entries": "20", "osd_pg_log_trim_min": "5",
      "osd_pg_log_trim_max": "6", "osd_pg_log_dups_tracked": "7",
    ])
    #expect(settings.peering.logLimits.entriesMin == 10)
    #expect(settings.peering.logLimits.entriesMax == 20)
    #expect(settings.peering.logLimits.trimMin == 5)
    #expect(settings.peering.logLimits.trimMax == 6)
    #expect(settings.peering.logLimits.dupsTracked == 7)
  }

  @Test func `what found no room is asked for again when the options say`() throws {
    let settings = try settings([
      "osd_backfill_retry_interval": "0.5", "osd_recovery_retry_interval": "2",
    ])
    #expect(settings.peering.backfillRetry.nanoseconds == 500_000_000)
    #expect(settings.peering.recoveryRetry.nanoseconds == 2_000_000_000)
  }

  @Test func `times that make no sense are bounded`() throws {
    let settings = try settings([
      "osd_backfill_retry_interval": "-1", "osd_recovery_retry_interval": "1e300",
    ])
    #expect(settings.peering.backfillRetry == .zero)
    #expect(settings.peering.recoveryRetry.nanoseconds == 86_400_000_000_000)
  }

  @Test func `a lease is a share of the grace`() throws {
    let configuration = Configuration(identity: ConfigIdentity())
    try configuration.set("osd_heartbeat_grace", "10", from: .runtime)
    try configuration.set("debug_osd", "7/20", from: .runtime)
    let peering = PGSettings(configuration, whoami: 3).peering
    #expect(peering.readLeaseInterval.nanoseconds == 8_000_000_000)
    #expect(peering.debugLevel == 7)
  }
}
