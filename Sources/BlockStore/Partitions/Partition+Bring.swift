import Base
import Buffers
import KeyValue
import ObjectStores
import RadosTypes

/// What a transaction brings into memory besides its objects' onodes: it waits until all of it is there.
extension Partition {
  /// Reads the index for a transaction; `done` runs before it is tried again.
  func startLoad<Value>(
    _ entry: WaitingTransaction, _ work: @escaping (any KeyValue) throws -> Value,
    done: @escaping (Value) throws -> Void
  ) {
    entry.loads += 1
    let number = indexReads.begin()
    keyValue.read(on: reactor, work) { [self] result in
      do { try done(result.get()) } catch { host.fail(error) }
      // What was read stays true, with the overlay over it, until the transaction has used it.
      entry.bring().indexReads.append(number)
      entry.loads -= 1
      if entry.loads == 0 { drain() }
    }
  }

  func prepareOmapCopy(_ onode: Onode, _ entry: WaitingTransaction) {
    let omap = onode.record.omap
    guard onode.exists, omap != 0, omap < indexedID, entry.brought?.omaps[omap] == nil else {
      return
    }
    entry.bring().omaps[omap] = []
    startLoad(entry) {
      try Self.readOmap($0, omap)
    } done: {
      entry.bring().omaps[omap] = $0
    }
  }

  static func readOmap(
    _ keyValue: any KeyValue, _ omap: UInt64
  ) throws -> [(key: ByteString, value: [UInt8])] {
    let cursor = try keyValue.iterate(
      from: StoreKey.prefix(StoreKey.Kind.omap, omap), to: StoreKey.omapEnd(omap))
    var entries: [(key: ByteString, value: [UInt8])] = []
    while let next = try cursor.next() { entries.append((next.key, next.value.array)) }
    return entries
  }

  /// Reads the blocks of which parts are to be copied. The whole last block: the same transaction may
  /// write behind the object's end first.
  func prepareContents(
    _ onode: Onode, _ offset: UInt64, _ length: UInt64, _ entry: WaitingTransaction
  ) {
    let unit = UInt64(Limits.unitBytes)
    let end = (onode.record.size + unit - 1) / unit * unit
    guard onode.exists, length > 0, offset < end else { return }
    let last = (offset + min(length, end - offset) - 1) / unit
    for block in Int(offset / unit)...Int(last) {
      let place = place(onode, block)
      guard !place.isHole, entry.brought?.contents[place.unit] == nil else { continue }
      entry.loads += 1
      readUnit(place) { [self] result in
        switch result {
        case .success(let content): entry.bring().contents[place.unit] = content
        case .failure(let error): host.fail(error)
        }
        entry.loads -= 1
        if entry.loads == 0 { drain() }
      }
    }
  }

  func place(_ onode: Onode, _ block: Int) -> BlockPlace {
    let bytes = onode.segment(block / Segment.blocks)
    guard !bytes.isEmpty else { return .hole }
    decodeOwn(otherSegment, bytes)
    return otherSegment[block % Segment.blocks]
  }

  func prepareRemoval(_ id: CollectionID, _ entry: WaitingTransaction) {
    guard entry.brought?.remaining[id] == nil, let collection = collections[id], collection.exists
    else { return }
    entry.bring().remaining[id] = []
    entry.loads += 1
    let most = entry.transaction.objects.count + 1
    listKeys(collection, from: nil, to: nil, max: most) { [self] result in
      switch result {
      case .success(let keys): entry.bring().remaining[id] = keys
      case .failure(let error): host.fail(error)
      }
      entry.loads -= 1
      if entry.loads == 0 { drain() }
    }
  }
}
