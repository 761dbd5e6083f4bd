/// The states of the peering machine; one is within another.
///
///     initial
///     reset
///     started
///       start
///       primary
///         waitActingChange
///         peering: getInfo, getLog, getMissing, waitUpThru, down, incomplete
///         active: activating, clean, recovered,
///           waitLocalRecoveryReserved, waitRemoteRecoveryReserved, recovering, notRecovering,
///           waitLocalBackfillReserved, waitRemoteBackfillReserved, backfilling, notBackfilling
///       replicaActive: repNotRecovering, repRecovering,
///         repWaitRecoveryReserved, repWaitBackfillReserved
///       stray
///       toDelete: waitDeleteReserved, deleting
///
/// Source: `PeeringState.h`.
package enum PeeringStage: String, Hashable, Sendable {
  case initial, reset, started, start
  case primary, waitActingChange
  case peering, getInfo, getLog, getMissing, waitUpThru, down, incomplete
  case active, activating, clean, recovered
  case waitLocalRecoveryReserved, waitRemoteRecoveryReserved, recovering, notRecovering
  case waitLocalBackfillReserved, waitRemoteBackfillReserved, backfilling, notBackfilling
  case replicaActive, repNotRecovering, repRecovering
  case repWaitRecoveryReserved, repWaitBackfillReserved
  case stray
  case toDelete, waitDeleteReserved, deleting

  package var parent: PeeringStage? {
    switch self {
    case .initial, .reset, .started: nil
    case .start, .primary, .replicaActive, .stray, .toDelete: .started
    case .waitActingChange, .peering, .active: .primary
    case .getInfo, .getLog, .getMissing, .waitUpThru, .down, .incomplete: .peering
    case .activating, .clean, .recovered, .waitLocalRecoveryReserved,
      .waitRemoteRecoveryReserved, .recovering, .notRecovering, .waitLocalBackfillReserved,
      .waitRemoteBackfillReserved, .backfilling, .notBackfilling:
      .active
    case .repNotRecovering, .repRecovering, .repWaitRecoveryReserved, .repWaitBackfillReserved:
      .replicaActive
    case .waitDeleteReserved, .deleting: .toDelete
    }
  }

  /// Where one gets to who enters it.
  package var initialChild: PeeringStage? {
    switch self {
    case .started: .start
    case .primary: .peering
    case .peering: .getInfo
    case .active: .activating
    case .replicaActive: .repNotRecovering
    case .toDelete: .waitDeleteReserved
    default: nil
    }
  }

  /// Itself and what it is within, from the outermost.
  package var path: [PeeringStage] { (parent?.path ?? []) + [self] }
}

extension PeeringStage: CustomStringConvertible {
  /// Ceph's name, with those that it is within.
  package var description: String { path.map(\.ownName).joined(separator: "/") }

  private var ownName: String {
    // As it is spelt there.
    if self == .waitDeleteReserved { return "WaitDeleteReseved" }
    return rawValue.prefix(1).uppercased() + rawValue.dropFirst()
  }
}
