/// What can happen to an op on its way; Ceph's event names, the steps of Docs/OpPath.md.
package enum OpEvent: UInt8, CaseIterable, Sendable {
  case initiated
  case throttled
  case headerRead
  case allRead
  case dispatched
  case queuedForPG
  case reachedPG
  /// It waits; the argument is an `OpDelay`.
  case delayed
  case started
  /// The other copies were told.
  case waitingForCopies
  /// Another copy has it; the argument is its place among the PG's replicas.
  case copyCommitted
  /// This copy has it.
  case committed
  case commitSent
  case done

  package var name: String {
    switch self {
    case .initiated: "initiated"
    case .headerRead: "header_read"
    case .throttled: "throttled"
    case .allRead: "all_read"
    case .dispatched: "dispatched"
    case .queuedForPG: "queued_for_pg"
    case .reachedPG: "reached_pg"
    case .delayed: "delayed"
    case .started: "started"
    case .waitingForCopies: "waiting for subops"
    case .copyCommitted: "sub_op_commit_rec"
    case .committed: "op_commit"
    case .commitSent: "commit_sent"
    case .done: "done"
    }
  }

  /// What an op is in after this event; nil if the event says nothing of that. Ceph:
  /// `OpRequest::state_string`.
  var flagPoint: String? {
    switch self {
    case .queuedForPG: "queued for pg"
    case .reachedPG: "reached pg"
    case .delayed: "delayed"
    case .started: "started"
    case .waitingForCopies: "waiting for sub ops"
    case .commitSent: "commit sent; apply or cleanup"
    case .initiated, .headerRead, .throttled, .allRead, .dispatched, .copyCommitted, .committed,
      .done:
      nil
    }
  }
}

/// What an op waits for.
package enum OpDelay: UInt8, CaseIterable, Sendable {
  case map
  case pg
  case active
  case readable
  case missingObject
  case scrub
  case cleanToRepair
  case locks
  case objectContext
  case onDisk
  case commit

  /// As an event's name; Ceph's where it has the delay.
  package var name: String {
    switch self {
    case .map: "wait for new map"
    case .pg: "waiting for pg to exist"
    case .active: "waiting for active"
    case .readable: "waiting for readable"
    case .missingObject: "waiting for missing object"
    case .scrub: "waiting for scrub"
    case .cleanToRepair: "waiting for clean to repair"
    case .locks: "waiting for rw locks"
    case .objectContext: "waiting for object"
    case .onDisk: "waiting for ondisk"
    case .commit: "waiting for commit"
    }
  }

  /// Ends "waited 3.2 s ".
  package var reason: String {
    switch self {
    case .map: "for the map that its client had seen"
    case .pg: "for the PG to be made here"
    case .active: "for the PG to become active"
    case .readable: "until no other OSD could still serve the PG (leases)"
    case .missingObject: "for its object to be recovered"
    case .scrub: "for a scrub that had its object"
    case .cleanToRepair: "for the PG to be clean, to repair its object"
    case .locks: "for earlier ops on the same object"
    case .objectContext: "for its object's attributes to be read"
    case .onDisk: "for the commit of the same request, sent before"
    case .commit: "for the commit of the write that it read from"
    }
  }
}
