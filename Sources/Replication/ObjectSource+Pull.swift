import ObjectStores
import RadosTypes

extension ObjectSource {
  /// The part that a peer asks for; what cannot be given is answered by a push of no version, and the
  /// error says why. Ceph: `handle_pull`.
  package func answer(_ pull: PullOp) async -> (push: PushOp, error: RecoveryError?) {
    do throws(RecoveryError) {
      return (try await push(try await located(pull), after: pull.progress), nil)
    } catch {
      return (.blank(pull.object), error)
    }
  }

  /// What is asked for, with the size that is found here if the peer does not know it.
  private func located(_ pull: PullOp) async throws(RecoveryError) -> ObjectRecoveryInfo {
    guard pull.object == pull.recovery.object else {
      throw .malformed(pull.object, "a pull of \(pull.recovery.object)")
    }
    let found: ObjectStat?
    do throws(StoreError) {
      found = try await store.stat(GHObject(pull.object), in: collection)
    } catch {
      throw RecoveryError(pull.object, error)
    }
    guard let found, !pull.object.name.isEmpty else { throw .absent(pull.object) }
    var recovery = pull.recovery
    if pull.progress.isFirst && recovery.size == .max {
      guard recovery.cloneSubset.isEmpty else {
        throw .malformed(pull.object, "a pull by clones of what has no size yet")
      }
      recovery.size = found.size
      recovery.copySubset = recovery.copySubset.intersection(
        IntervalSet(start: 0, length: found.size))
    }
    return recovery
  }
}
