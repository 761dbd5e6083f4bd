import Base
import Buffers
import ObjectStores
import RadosTypes
import Wire

/// Carries out a request's ops on one object: what they answer, and what is to change.
///
/// Does no I/O: `run` goes on until it is done or needs something from the store, which `supply` gives
/// it. Nothing happens to the store or to the object's state before the whole vector has succeeded; so
/// reads of data, attributes and omap see the store as it was before, while existence, size and the
/// rest of the object's information see the ops before them. Ceph: `PrimaryLogPG::do_osd_ops`.
package struct OpInterpreter {
  package let object: GHObject
  package let collection: CollectionID
  package let limits: OpLimits
  package let before: StateBefore
  package let snapContext: SnapContext

  /// The ops, with their results and answers as far as they were run.
  package private(set) var ops: [OSDOp]
  package var state: ObjectState
  package var transaction = Transaction()
  package internal(set) var delta = ObjectStatSum()
  /// Of the vector: 0, a positive result of the last op, or the errno that stopped it.
  package private(set) var result: Int32 = 0
  /// Something was changed, be it only a time.
  package internal(set) var isTouched = false
  /// The version that users see goes up.
  package private(set) var isUserModify = false
  package internal(set) var isOmapDirty = false
  package internal(set) var dirtyData = IntervalSet()
  /// Why a read failed that another copy could answer.
  package internal(set) var damage: ReadDamage?
  /// A DELETE took the object and its attributes, whatever came after it.
  var wasRemoved = false
  /// Where the first read began; the reply's data would like to land alike.
  package internal(set) var dataOffset: UInt64?

  /// The op at hand: taken out of `ops`, which has an empty one in its place meanwhile.
  var op = OSDOp(.stat)
  /// What a sparse read has found so far.
  var sparse = SparseRead()
  private var index = 0
  private var pending: StoreAnswer?
  private var isWaiting = false

  package init(
    ops: [OSDOp], state: consuming ObjectState, object: GHObject, collection: CollectionID,
    snapContext: SnapContext, limits: OpLimits
  ) {
    self.ops = ops
    before = StateBefore(state)
    self.state = state
    self.object = object
    self.collection = collection
    self.snapContext = snapContext
    self.limits = limits
  }

  /// How an op went on.
  enum Progress {
    /// Done; the vector's result stays what the op before left, as in Ceph.
    case unchanged
    case done(Int32)
    case needs(StoreRead)

    static func failed(_ errno: Int32) -> Progress { .done(-errno) }
  }

  /// Runs until the end (nil) or until the store has to be asked.
  package mutating func run() -> StoreRead? {
    while index < ops.count {
      let progress: Progress
      if isWaiting {
        guard let answer = pending else { preconditionFailure("op \(index) got no answer") }
        pending = nil
        isWaiting = false
        progress = proceed(answer)
      } else {
        swap(&op, &ops[index])
        prepare()
        progress = begin()
      }
      switch progress {
      case .needs(let read):
        isWaiting = true
        return read
      case .done(let value): result = value
      case .unchanged: break
      }
      op.result = result
      swap(&op, &ops[index])
      index += 1
      if result < 0 {
        guard ops[index - 1].flags.contains(.failOK), result != -Errno.EAGAIN else { break }
        result = 0
      }
    }
    return nil
  }

  package mutating func supply(_ answer: consuming StoreAnswer) { pending = answer }

  /// What stock does to an op before it looks at it.
  private mutating func prepare() {
    if OpMode(op.rawCode).writes, !Self.keepsUserVersion.contains(op.rawCode) {
      isUserModify = true
    }
    guard usesExtent else { return }
    if op.extent.truncateSequence == 1 && op.extent.truncateSize == .max {
      op.extent.truncateSize = 0
      op.extent.truncateSequence = 0
    }
  }

  private static let keepsUserVersion: Set<UInt16> = Set(
    [
      OpCode.watch, .undirty, .copyFrom, .copyFrom2, .cachePin, .cacheUnpin, .setRedirect,
      .setChunk,
      .tierPromote, .tierFlush, .tierEvict, .cacheEvict, .cacheFlush, .cacheTryFlush,
    ].map(\.rawValue))

  private var usesExtent: Bool {
    switch op.code {
    case .read, .syncRead, .sparseRead, .mapExtents, .compareExtent, .write, .writeFull, .zero,
      .truncate, .append, .trimTruncate:
      true
    default: false
    }
  }

  private mutating func begin() -> Progress {
    switch op.code {
    case .read, .syncRead: read()
    case .sparseRead: sparseRead()
    case .mapExtents: mapExtents()
    case .checksum: checksum()
    case .compareExtent: compareExtent()
    case .stat: stat()
    case .assertVersion: assertVersion()
    case .listWatchers: listWatchers()
    case .listSnaps: listSnaps()
    case .isDirty: isDirty()
    case .write: write(offset: op.extent.offset, data: op.indata, length: op.extent.length)
    case .append: append()
    case .writeFull: writeFull()
    case .writeSame: writeSame()
    case .zero: zero()
    case .truncate: truncate(to: op.extent.offset)
    case .trimTruncate: trimTruncate()
    case .create: create()
    case .delete: delete()
    case .startSync: startSync()
    case .setAllocationHint: setAllocationHint()
    case .getAttribute, .compareAttribute: readAttribute()
    case .getAttributes: .needs(.attributes)
    case .setAttribute: setAttribute()
    case .removeAttribute: removeAttribute()
    case .omapGetKeys: omapGetKeys()
    case .omapGetValues: omapGetValues()
    case .omapGetHeader: state.info.flags.contains(.omap) ? .needs(.omapHeader) : .unchanged
    case .omapGetValuesByKeys: omapGetValuesByKeys()
    case .omapCompare: omapCompare()
    case .omapSetValues: omapSetValues()
    case .omapSetHeader: omapSetHeader()
    case .omapRemoveKeys: omapRemoveKeys()
    case .omapRemoveKeyRange: omapRemoveKeyRange()
    case .omapClear: omapClear()
    default: .failed(Errno.EOPNOTSUPP)
    }
  }

  private mutating func proceed(_ answer: StoreAnswer) -> Progress {
    switch op.code {
    case .read, .syncRead: read(got: answer)
    case .sparseRead: sparseRead(got: answer)
    case .mapExtents: mapExtents(got: answer)
    case .checksum: checksum(got: answer)
    case .compareExtent: compareExtent(got: answer)
    case .getAttribute: getAttribute(got: answer)
    case .compareAttribute: compareAttribute(got: answer)
    case .getAttributes: getAttributes(got: answer)
    case .omapGetKeys: omapGetKeys(got: answer)
    case .omapGetValues: omapGetValues(got: answer)
    case .omapGetHeader: omapGetHeader(got: answer)
    case .omapGetValuesByKeys: omapGetValuesByKeys(got: answer)
    case .omapCompare: omapCompare(got: answer)
    default: preconditionFailure("\(op) never asked the store")
    }
  }
}

extension OpInterpreter {
  func kilobytes(_ count: Int) -> Int64 { Int64(count + 1023) >> 10 }

  mutating func countRead(_ bytes: Int) {
    delta.reads += 1
    delta.readKB += kilobytes(bytes)
  }

  /// A reader on this op's input.
  var input: WireReader { WireReader(op.indata) }

  /// `offset..<offset+length` fits an object (`check_offset_and_length`).
  func fits(_ offset: UInt64, _ length: UInt64) -> Bool {
    let most = limits.objectBytesMax
    return offset < most && length <= most && offset + length <= most
  }

  mutating func markDirty(_ offset: UInt64, _ length: UInt64) {
    dirtyData.insert(offset, length: length)
  }

  /// Makes the object if it is not there, or visible if it is a whiteout (`maybe_create_new_object`).
  mutating func createIfAbsent() {
    isTouched = true
    guard !state.exists else { return removeWhiteout() }
    delta.objects += 1
    state.exists = true
    state.info.clearDataDigest()
    state.info.clearOmapDigest()
    transaction.create(object, in: collection)
  }

  private mutating func removeWhiteout() {
    guard !state.isVisible else { return }
    state.info.flags.remove(.whiteout)
    delta.whiteouts -= 1
  }
}
