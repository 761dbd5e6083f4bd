import Base
import Buffers
import ObjectStores
import RadosTypes
import TestKit
import Testing
import Wire

@Suite struct TransactionTests {
  /// Data segments of `MOSDRepOp` between stock 16.2.15 OSDs.
  static let captured = GoldenSamples.captured(type: "0070", segment: "data")
  /// Values of the public object corpus, where it is present.
  static let corpus = GoldenSamples.values(of: "Transaction")
  static let golden = captured + corpus

  @Test func `captured transactions are here`() { #expect(Self.captured.count >= 8) }

  @Test func `values of the object corpus are counted`() {
    print("Transaction: \(Self.corpus.count) of the object corpus, \(Self.captured.count) captured")
  }

  @Test(arguments: golden.indices)
  func `comes back byte for byte`(sample: Int) throws {
    let bytes = Self.golden[sample].bytes
    let transaction = try Transaction(wire: bytes)
    #expect(transaction.wireList.contiguous() == bytes, "\(Self.golden[sample].name)")
  }

  @Test func `a client's write of a new object reads as such`() throws {
    let all = try Self.captured.map { try Transaction(wire: $0.bytes) }
    let writes = all.flatMap(\.operations).filter {
      if case .write = $0.action { true } else { false }
    }
    #expect(!writes.isEmpty)
    for transaction in all {
      #expect(transaction.collections.allSatisfy { $0.pgID != nil })
      #expect(!transaction.operations.isEmpty)
    }
  }

  @Test func `payloads are shared, not copied`() throws {
    let slab = ByteSlice(zeros: 8192)
    var transaction = Transaction()
    transaction.write(
      StoreSamples.object("a"), in: StoreSamples.collection, offset: 0, data: BufferList(slab))
    #expect(transaction.wireList.slices.contains { $0.slab === slab.slab })
    let wire = transaction.wireList.contiguous()
    let decoded = try Transaction(wire: wire)
    guard case .write(_, let data) = decoded.operations[0].action else {
      return #expect(Bool(false), "no write")
    }
    #expect(data.contiguous().slab === wire.slab)
  }

  /// One of each operation.
  static let everything: Transaction = {
    let a = StoreSamples.object("a")
    let b = StoreSamples.object("b", hash: a.object.hash, key: "key", namespace: "space")
    let one = StoreSamples.collection
    let two = StoreSamples.pg(1)
    var t = Transaction()
    t.nop()
    t.createCollection(one, bits: 3)
    t.create(a, in: one)
    t.touch(b, in: one)
    t.write(a, in: one, offset: 7, data: BufferList(StoreSamples.bytes(3000)))
    t.write(b, in: one, offset: 8, data: BufferList(StoreSamples.bytes(100)))
    t.zero(a, in: one, offset: 9, length: 10)
    t.truncate(a, in: one, size: 11)
    t.setAttribute(a, in: one, "x", ByteString("y").slice)
    t.setAttributes(a, in: one, [NamedValue("q", "1"), NamedValue("p", "2"), NamedValue("q", "3")])
    t.removeAttribute(a, in: one, "x")
    t.removeAttributes(a, in: one)
    t.clone(a, in: one, to: b)
    t.cloneRange(a, in: one, offset: 1, length: 2, to: b, at: 3)
    t.omapClear(a, in: one)
    t.omapSet(a, in: one, [NamedValue("k", "v")])
    t.omapRemove(a, in: one, ["z", "k", "z"])
    t.omapRemoveRange(a, in: one, from: "a", to: "b")
    t.omapSetHeader(a, in: one, ByteString("header").slice)
    t.setAllocationHint(a, in: one, objectSize: 1, writeSize: 2, flags: 3)
    t.splitCollection(one, bits: 4, remainder: 5, into: two)
    t.mergeCollection(two, into: one, bits: 6)
    t.setCollectionBits(one, 7)
    t.collectionHint(one, type: 1, data: BufferList([1, 2, 3]))
    t.moveRename(a, in: one, to: b, in: one)
    t.tryRename(b, in: one, to: a)
    t.remove(a, in: one)
    t.removeCollection(two)
    t.fadviseFlags = 0x21
    return t
  }()

  @Test func `every operation comes back`() throws {
    let wire = Self.everything.wireList.contiguous()
    let decoded = try Transaction(wire: wire)
    #expect(decoded.wireList.contiguous() == wire)
    #expect(decoded.operations.count == Self.everything.operations.count)
    #expect(decoded.fadviseFlags == 0x21)
  }

  @Test func `appending renumbers what the operations name`() throws {
    var t = Transaction()
    t.touch(StoreSamples.object("other"), in: StoreSamples.pg(9))
    t.append(Self.everything)
    #expect(t.operations.count == Self.everything.operations.count + 1)
    #expect(t.writeBytes == 3100)
    for (ours, theirs) in zip(t.operations.dropFirst(), Self.everything.operations)
    where theirs.namesObject {
      #expect(t.object(of: ours) == Self.everything.object(of: theirs))
      #expect(t.collection(of: ours) == Self.everything.collection(of: theirs))
      if let second = ours.action.secondObject, let theirSecond = theirs.action.secondObject {
        #expect(t.objects[Int(second)] == Self.everything.objects[Int(theirSecond)])
      }
    }
    let wire = t.wireList.contiguous()
    #expect(try Transaction(wire: wire).wireList.contiguous() == wire)
  }

  @Test func `many objects keep one place each`() {
    var t = Transaction()
    for round in 0..<3 {
      for number in 0..<100 {
        t.truncate(
          StoreSamples.object(ByteString("o\(number)")), in: StoreSamples.collection,
          size: UInt64(round))
      }
    }
    #expect(t.objects.count == 100)
    #expect(t.operations.map(\.object) == (0..<300).map { UInt32($0 % 100) })
  }

  // MARK: Bad input

  static let samples = captured.map(\.bytes) + [everything.wireList.contiguous()]

  static let torture = DecoderTorture("Transaction") { (bytes) throws(DecodeError) in
    _ = try Transaction(wire: bytes).wireList
  }

  @Test func `a prefix is an error, never a crash`() {
    #expect(Self.torture.cut(Self.samples) == [])
  }

  @Test func `mutations never crash`() {
    #expect(Self.torture.mutate(Self.samples) > 0)
  }

  @Test func `a count of operations that are not there is refused`() {
    var t = Transaction()
    t.nop()
    var bytes = t.wireList.array
    bytes[bytes.count - 24] = 200
    #expect(throws: DecodeError.self) { try Transaction(wire: ByteSlice(bytes)) }
  }
}
