/// What a check found wrong, and how much it looked at.
package struct CheckReport: Sendable {
  package var errors: [String] = []
  package var objects = 0
  package var units = 0
  package var sharedUnits = 0
  package var omapEntries = 0
  package var blocksRead = 0
  package static let errorsMax = 1000

  package var isClean: Bool { errors.isEmpty }

  mutating func add(_ error: String) { if errors.count < Self.errorsMax { errors.append(error) } }

  mutating func merge(_ other: CheckReport) {
    for error in other.errors { add(error) }
    objects += other.objects
    units += other.units
    sharedUnits += other.sharedUnits
    omapEntries += other.omapEntries
    blocksRead += other.blocksRead
  }
}
