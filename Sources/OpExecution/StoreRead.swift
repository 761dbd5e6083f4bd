import Buffers
import ObjectStores
import RadosTypes

/// What an interpreter must know from the store before it can go on.
package enum StoreRead: Sendable {
  case data(offset: UInt64, length: UInt64)
  case extents(offset: UInt64, length: UInt64)
  case attribute(ByteString)
  case attributes
  case omapHeader
  case omapValues([ByteString])
  case omapEntries(start: OmapStart, prefix: ByteString, maxEntries: Int, maxBytes: Int)
}

package enum StoreAnswer: Sendable {
  case data(BufferList)
  case extents([DataExtent])
  case attribute(ByteSlice?)
  case values([NamedValue])
  case omapHeader(ByteSlice)
  case page(OmapPage)
  /// An errno, positive.
  case failed(Int32)
}

extension ObjectStore {
  /// Answers `read` about `object` if that takes no waiting; nil: it may, or is not worth it.
  package func answerInMemory(
    _ read: StoreRead, of object: GHObject, in collection: StoreCollection
  ) -> StoreAnswer? {
    guard case .data(let offset, let length) = read else { return nil }
    return readInMemory(object, in: collection, offset: offset, length: length).map { .data($0) }
  }

  /// Answers `read` about `object`.
  package func answer(
    _ read: StoreRead, of object: GHObject, in collection: StoreCollection
  ) async
    -> StoreAnswer
  {
    do throws(StoreError) {
      switch read {
      case .data(let offset, let length):
        return .data(try await self.read(object, in: collection, offset: offset, length: length))
      case .extents(let offset, let length):
        return .extents(try await extents(object, in: collection, offset: offset, length: length))
      case .attribute(let name):
        return .attribute(try await attribute(name, of: object, in: collection))
      case .attributes: return .values(try await attributes(of: object, in: collection))
      case .omapHeader: return .omapHeader(try await omapHeader(of: object, in: collection))
      case .omapValues(let keys):
        return .values(try await omapValues(keys, of: object, in: collection))
      case .omapEntries(let start, let prefix, let maxEntries, let maxBytes):
        return .page(
          try await omapEntries(
            of: object, in: collection, start: start, prefix: prefix, maxEntries: maxEntries,
            maxBytes: maxBytes))
      }
    } catch {
      return .failed(error.errno)
    }
  }
}
