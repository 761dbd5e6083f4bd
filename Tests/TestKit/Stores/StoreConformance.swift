import ObjectStores

/// What every store must do, as cases that run on a fresh mounted store.
///
/// One suite for all stores: a test target makes the store and runs each of `StoreConformance.cases`.
package enum StoreConformance {
  package struct Case: Sendable, CustomStringConvertible {
    package let name: String
    package let body: @Sendable (StoreHarness) async throws -> Void

    package var description: String { name }

    init(_ name: String, _ body: @escaping @Sendable (StoreHarness) async throws -> Void) {
      self.name = name
      self.body = body
    }
  }

  package static let cases = dataCases + copyCases + nameCases + collectionCases + commitCases
}
