import RadosTypes

/// What an object was before a request's ops, as far as they are judged by it: numbers alone, since
/// the state itself goes on changing.
package struct StateBefore: Sendable {
  package let exists: Bool
  package let isVisible: Bool
  package let version: EVersion
  package let userVersion: UInt64
  /// Bytes.
  package let size: UInt64
  package let flags: ObjectInfo.Flags
  /// Valid with the flag of the name.
  package let dataDigest: UInt32
  /// The newest snapshot that the object knows of.
  package let snapSequence: SnapID
  package let hasClones: Bool

  package init(_ state: borrowing ObjectState) {
    exists = state.exists
    isVisible = state.isVisible
    version = state.info.version
    userVersion = state.info.userVersion
    size = state.info.size
    flags = state.info.flags
    dataDigest = state.info.dataDigest
    snapSequence = state.snapSet.sequence
    hasClones = !state.snapSet.clones.isEmpty
  }
}
