import Base
import Buffers
import ObjectStores
import Wire

/// An object in memory: its record and where its data are. Also one that is known to be absent.
///
/// Confined to its partition's reactor.
final class Onode {
  let key: ByteString
  /// Whose usage it counts in.
  let pool: Int64
  var exists = false
  var record = OnodeRecord()
  /// Encoded, by number; empty ones are holes. Short of the object's end, the rest is a hole.
  private(set) var segments: [[UInt8]] = []
  /// The first segment stands in the record: so it is until there is another, and not again after that.
  var isFirstInside = true
  var patches: [UInt32: Patch] = [:]
  /// Blocks that are not holes.
  var mappedBlocks = 0
  /// Some blocks may have other owners.
  var mayBeShared = false
  /// What its pool's usage counts for it.
  var countedBytes: UInt64 = 0
  /// Changed by the transaction that is being applied; with the segments and patches that it changed,
  /// which go to its record once, at its end.
  var isTouched = false
  private(set) var dirtySegments: [Int] = []
  private(set) var dirtyPatches: [UInt32] = []

  // In the cache's order of use.
  var newer: Onode?
  unowned(unsafe) var older: Onode?
  var cachedBytes = 0
  var isCached = false

  init(key: ByteString, pool: Int64) {
    self.key = key
    self.pool = pool
  }

  func segment(_ index: Int) -> [UInt8] { index < segments.count ? segments[index] : [] }

  func setSegment(_ index: Int, _ bytes: [UInt8]) {
    if index >= segments.count {
      if bytes.isEmpty { return }
      segments.append(contentsOf: repeatElement([], count: index + 1 - segments.count))
    }
    segments[index] = bytes
    if bytes.isEmpty {
      while let last = segments.last, last.isEmpty { segments.removeLast() }
    }
  }

  func changeSegment(_ index: Int, _ bytes: [UInt8]) {
    setSegment(index, bytes)
    if !dirtySegments.contains(index) { dirtySegments.append(index) }
  }

  /// Call before its changes are recorded: one that got a second segment has all under their own keys.
  func settleFirst() {
    guard isFirstInside, segments.count > 1 else { return }
    isFirstInside = false
    if !segments[0].isEmpty { changeSegment(0, segments[0]) }
  }

  func changePatch(_ block: UInt32, _ patch: Patch?) {
    patches[block] = patch
    if !dirtyPatches.contains(block) { dirtyPatches.append(block) }
  }

  func clean() {
    dirtySegments.clear()
    dirtyPatches.clear()
  }

  /// Takes over all that another object is.
  func takeOver(_ other: Onode) {
    exists = other.exists
    record = other.record
    segments = other.segments
    isFirstInside = other.isFirstInside
    patches = other.patches
    mappedBlocks = other.mappedBlocks
    mayBeShared = other.mayBeShared
    countedBytes = other.countedBytes
    dirtySegments = other.dirtySegments
    dirtyPatches = other.dirtyPatches
    other.vanish()
  }

  func vanish() {
    exists = false
    record = OnodeRecord()
    segments = []
    isFirstInside = true
    patches = [:]
    mappedBlocks = 0
    mayBeShared = false
    countedBytes = 0
    dirtySegments = []
    dirtyPatches = []
  }

  /// Roughly what holding it takes.
  var memoryBytes: Int {
    var bytes = 320 + key.count + record.attributeBytes + 96 * record.attributes.count
    for index in segments.indices {
      bytes += segments[index].isEmpty ? 8 : segments[index].count + 48
    }
    if patches.isEmpty { return bytes }
    for patch in patches.values { bytes += patch.pieces.reduce(64) { $0 + $1.count + 48 } }
    return bytes
  }
}
