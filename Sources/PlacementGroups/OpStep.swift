/// Where a client's op is; the steps of Docs/OpPath.md that a PG layer sees, by Ceph's event names.
package enum OpStep: Int, CaseIterable, Sendable {
  case initiated
  case queuedForPG
  case reachedPG
  case started
  /// Given to the store.
  case queuedToStore
  case committed
  case commitSent
  case done

  package var eventName: String {
    switch self {
    case .initiated: "initiated"
    case .queuedForPG: "queued_for_pg"
    case .reachedPG: "reached_pg"
    case .started: "started"
    case .queuedToStore: "waiting for store"
    case .committed: "op_commit"
    case .commitSent: "commit_sent"
    case .done: "done"
    }
  }

  /// Ceph: `OpRequest::state_string`.
  package var flagPoint: String {
    switch self {
    case .initiated, .queuedForPG: "queued for pg"
    case .reachedPG: "reached pg"
    case .started, .queuedToStore: "started"
    case .committed, .commitSent: "commit sent; apply or cleanup"
    case .done: "done"
    }
  }
}
