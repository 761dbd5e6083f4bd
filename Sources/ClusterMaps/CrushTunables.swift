/// Numbers that steer how CRUSH retries; a cluster keeps those it began with until told otherwise.
///
/// Source: src/crush/crush.h, src/crush/builder.c.
package struct CrushTunables: Hashable, Sendable {
  package var localTries: UInt32
  package var localFallbackTries: UInt32
  /// Retries, not tries: one more descent than this is made.
  package var totalTries: UInt32
  /// Not 0: the search for a leaf is tried once, then the outer descent again.
  package var descendOnce: UInt32
  /// Not 0: the outer draw's number, shifted right by one less than this, enters the inner draw.
  package var varyR: UInt8
  /// Steers only how straws are computed when a map is changed.
  package var strawCalcVersion: UInt8
  /// Bit n: buckets of algorithm n may be made.
  package var allowedAlgorithms: UInt32
  /// Not 0: the inner draw does not depend on how many replicas came before.
  package var stable: UInt8

  /// What a map without tunables means (`argonaut`).
  package static let legacy = CrushTunables(
    localTries: 2, localFallbackTries: 5, totalTries: 19, descendOnce: 0, varyR: 0,
    strawCalcVersion: 0, allowedAlgorithms: 0b10110, stable: 0)

  /// What new clusters get (`jewel`).
  package static let optimal = CrushTunables(
    localTries: 0, localFallbackTries: 0, totalTries: 50, descendOnce: 1, varyR: 1,
    strawCalcVersion: 1, allowedAlgorithms: 0b110110, stable: 1)
}
