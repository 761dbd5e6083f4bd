import Base
import Buffers
import KeyValue
import ObjectStores
import RadosTypes

/// Entries of a range of keys, in order: the index's with the overlay's over them.
struct ScanPage {
  var entries: [(key: ByteString, value: [UInt8])] = []
  /// Whether the range may have more after the last one.
  var isCut = false
}

extension Partition {
  private static let pageEntries = 1024
  private static let pageBytes = 256 << 10

  /// Calls `done` with at most `max` entries of `from..<to`, and none after `maxBytes`; at once if the
  /// index need not be asked.
  func scan(
    from: ByteString, to: ByteString?, max: Int, maxBytes: Int = .max, inIndex: Bool = true,
    done: @escaping (Result<ScanPage, any Error>) -> Void
  ) {
    scan(ScanPage(), from: from, to: to, max: max, maxBytes: maxBytes, inIndex: inIndex, done: done)
  }

  private func scan(
    _ page: ScanPage, from: ByteString, to: ByteString?, max: Int, maxBytes: Int, inIndex: Bool,
    done: @escaping (Result<ScanPage, any Error>) -> Void
  ) {
    let step = min(Self.pageEntries, max == .max ? Self.pageEntries : max + 1)
    func goOn(_ indexed: ScanPage) {
      var page = page
      let next = extend(
        &page, indexed, from: from, to: to, step: step, max: max, maxBytes: maxBytes)
      guard let next else { return done(.success(page)) }
      scan(page, from: next, to: to, max: max, maxBytes: maxBytes, inIndex: inIndex, done: done)
    }
    guard inIndex else { return goOn(ScanPage()) }
    let number = indexReads.begin()
    keyValue.read(on: reactor) {
      try Self.readPage($0, from, to, step)
    } done: { [self] result in
      defer { endIndexRead(number) }
      switch result {
      case .success(let indexed): goOn(indexed)
      case .failure(let error): done(.failure(error))
      }
    }
  }

  private static func readPage(
    _ keyValue: any KeyValue, _ from: ByteString, _ to: ByteString?, _ most: Int
  ) throws -> ScanPage {
    var page = ScanPage()
    var bytes = 0
    let cursor = try keyValue.iterate(from: from, to: to)
    while let entry = try cursor.next() {
      if page.entries.count == most || bytes >= pageBytes {
        page.isCut = true
        break
      }
      bytes += entry.key.count + entry.value.count
      page.entries.append((entry.key, entry.value.array))
    }
    return page
  }

  /// Adds what is known of the range to the page; returns where to go on, or nil if it is done.
  private func extend(
    _ page: inout ScanPage, _ indexed: ScanPage, from: ByteString, to: ByteString?, step: Int,
    max: Int, maxBytes: Int
  ) -> ByteString? {
    let above = overlay.entries(from: from, to: to, max: step)
    var horizon = above.horizon
    if indexed.isCut, let last = indexed.entries.last?.key {
      horizon = horizon.map { min($0, last) } ?? last
    }
    var bytes =
      maxBytes == .max ? 0 : page.entries.reduce(0) { $0 + Self.userBytes($1.key, $1.value) }
    for entry in merge(indexed.entries, above.entries) {
      if let horizon, horizon < entry.key { break }
      if page.entries.count == max || bytes >= maxBytes {
        page.isCut = true
        return nil
      }
      if maxBytes != .max { bytes += Self.userBytes(entry.key, entry.value) }
      page.entries.append(entry)
    }
    guard let horizon else { return nil }
    return ByteString(horizon.bytes + [0])
  }

  /// Of an omap entry, without what the store puts before its key.
  private static func userBytes(_ key: ByteString, _ value: [UInt8]) -> Int {
    key.count - 10 + value.count
  }

  // MARK: Objects

  /// Keys of the collection's objects with `from <= key < to`.
  func listKeys(
    _ collection: StoreCollection, from: ByteString?, to: ByteString?, max: Int,
    done: @escaping (Result<[ByteString], any Error>) -> Void
  ) {
    listKeys([], keyRanges(collection), from, to, max, done)
  }

  private func listKeys(
    _ found: [ByteString], _ ranges: [(from: ByteString, to: ByteString)], _ from: ByteString?,
    _ to: ByteString?, _ max: Int, _ done: @escaping (Result<[ByteString], any Error>) -> Void
  ) {
    guard let range = ranges.first, found.count < max else { return done(.success(found)) }
    let rest = Array(ranges.dropFirst())
    let low = from.map { Swift.max($0, range.from) } ?? range.from
    let high = to.map { Swift.min($0, range.to) } ?? range.to
    guard low < high else { return listKeys(found, rest, from, to, max, done) }
    scan(from: low, to: high, max: max - found.count) { [self] result in
      switch result {
      case .success(let page): listKeys(found + page.entries.map(\.key), rest, from, to, max, done)
      case .failure(let error): done(.failure(error))
      }
    }
  }
}
