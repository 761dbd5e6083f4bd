import ObjectStores
import RadosTypes
import Wire

/// Why an object, or a part of it, could not be copied.
package enum RecoveryError: Error, Sendable {
  /// It is not there, or a clone that data was to be taken from is not.
  case absent(HObject)
  /// The source has it in another version than was asked for.
  case wrongVersion(HObject, found: EVersion, wanted: EVersion)
  /// What was read is not what was written.
  case damaged(HObject, String)
  /// The source answered that it does not have it.
  case notAtSource(HObject)
  /// A peer sent what no correct peer sends.
  case malformed(HObject, String)
  case store(HObject, StoreError)
}

extension RecoveryError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .absent(let object): "\(object) is not there"
    case .wrongVersion(let object, let found, let wanted):
      "\(object) is at \(found), not at \(wanted)"
    case .damaged(let object, let what): "\(object): \(what)"
    case .notAtSource(let object): "the source does not have \(object)"
    case .malformed(let object, let what): "malformed push of \(object): \(what)"
    case .store(let object, let error): "\(object): \(error)"
    }
  }
}

extension RecoveryError {
  init(_ object: HObject, _ error: StoreError) {
    self = error.isAbsent ? .absent(object) : .store(object, error)
  }
}
