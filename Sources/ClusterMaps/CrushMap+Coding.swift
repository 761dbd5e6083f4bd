import Buffers
import RadosTypes
import Wire

/// Layout: `magic: u32 = 0x10000, slots: s32, rules: u32, devices: s32`, the bucket slots, the rules
/// (`present: u32`, then the rule), three maps of names (types, items, rules), the tunables, then what
/// came with Luminous: classes, class names, class buckets, `choose_args`. No envelope: what is missing
/// at the end has the old meaning.
///
/// Source: `CrushWrapper::encode` and `decode`.
extension CrushMap: WireDecodable {
  private static let magic: UInt32 = 0x0001_0000

  package init(from reader: inout WireReader) throws(DecodeError) {
    let magic = try reader.read(UInt32.self)
    guard magic == Self.magic else { throw .invalid("CRUSH map magic \(magic)") }
    let slotCount = try reader.readCount(elementBytesMin: 4)
    let ruleCount = try reader.readCount(elementBytesMin: 4)
    // The number of devices: it follows from the buckets, and Ceph computes it anew too.
    _ = try reader.read(Int32.self)
    for slot in 0..<slotCount {
      let bucket = try CrushBucket.readSlot(from: &reader)
      guard bucket == nil || bucket?.slot == slot else {
        throw .invalid("bucket \(bucket?.id ?? 0) in slot \(slot)")
      }
      buckets.append(bucket)
    }
    for _ in 0..<ruleCount {
      let present = try reader.read(UInt32.self) != 0
      rules.append(present ? try CrushRule(from: &reader) : nil)
    }
    typeNames = try Self.readNames(from: &reader)
    itemNames = try Self.readNames(from: &reader)
    ruleNames = try Self.readNames(from: &reader)
    tunables = try CrushTunables(readingRestOf: &reader)
    guard !reader.isAtEnd else { return }
    classes = try reader.readNumberMap()
    classNames = try reader.readMap(
      { (reader) throws(DecodeError) in try reader.read(Int32.self) },
      { (reader) throws(DecodeError) in try reader.readByteString() })
    classBuckets = try reader.readMap(
      { (reader) throws(DecodeError) in try reader.read(Int32.self) },
      { (reader) throws(DecodeError) in try reader.readNumberMap() })
    guard !reader.isAtEnd else { return }
    chooseArguments = try Self.readChooseArguments(buckets: buckets, from: &reader)
  }

  /// A map of names. Old encoders wrote keys of 64 bits; a length of 0 gives them away, since no name
  /// is empty.
  private static func readNames(
    from reader: inout WireReader
  ) throws(DecodeError) -> [Int32: ByteString] {
    var names: [Int32: ByteString] = [:]
    for _ in 0..<(try reader.readCount(elementBytesMin: 8)) {
      let key = try reader.read(Int32.self)
      var length = try reader.read(UInt32.self)
      if length == 0 { length = try reader.read() }
      names[key] = ByteString(try reader.readSlice(Int(length)))
    }
    return names
  }

  /// As a reader with `features` understands it.
  package func encode(into writer: inout WireWriter, features: Features) {
    writer.write(Self.magic)
    writer.write(UInt32(buckets.count))
    writer.write(UInt32(rules.count))
    writer.write(deviceCount)
    let shown = features.contains(.crushChooseArguments) ? nil : chooseArguments.first?.value
    for case (let slot, let bucket) in buckets.enumerated() {
      guard let bucket else {
        writer.write(UInt32(0))
        continue
      }
      bucket.encode(into: &writer, straw2Weights: shown?[UInt32(slot)]?.positions.first)
    }
    for rule in rules {
      writer.write(UInt32(rule == nil ? 0 : 1))
      if let rule { writer.write(rule) }
    }
    for names in [typeNames, itemNames, ruleNames] { Self.write(names, to: &writer) }
    tunables.encode(into: &writer, features: features)
    guard features.contains(.serverLuminous) else { return }
    writer.write(numberMap: classes)
    Self.write(classNames, to: &writer)
    writer.write(map: classBuckets) { writer, bucket, shadows in
      writer.write(bucket)
      writer.write(numberMap: shadows)
    }
    encodeChooseArguments(into: &writer)
  }

  private static func write(_ names: [Int32: ByteString], to writer: inout WireWriter) {
    writer.write(map: names) { writer, key, name in
      writer.write(key)
      writer.write(name)
    }
  }
}

extension CrushTunables {
  /// Old maps stop early; what is missing is `legacy`.
  fileprivate init(readingRestOf reader: inout WireReader) throws(DecodeError) {
    self = .legacy
    guard !reader.isAtEnd else { return }
    localTries = try reader.read()
    localFallbackTries = try reader.read()
    totalTries = try reader.read()
    guard !reader.isAtEnd else { return }
    descendOnce = try reader.read()
    guard !reader.isAtEnd else { return }
    varyR = try reader.read()
    guard !reader.isAtEnd else { return }
    strawCalcVersion = try reader.read()
    guard !reader.isAtEnd else { return }
    allowedAlgorithms = try reader.read()
    guard !reader.isAtEnd else { return }
    stable = try reader.read()
  }

  fileprivate func encode(into writer: inout WireWriter, features: Features) {
    writer.write(localTries)
    writer.write(localFallbackTries)
    writer.write(totalTries)
    writer.write(descendOnce)
    writer.write(varyR)
    writer.write(strawCalcVersion)
    writer.write(allowedAlgorithms)
    if features.contains(.crushTunables5) { writer.write(stable) }
  }
}

extension CrushMap {
  package func encoded(features: Features) -> ByteSlice {
    var writer = WireWriter(capacity: 4096)
    encode(into: &writer, features: features)
    return writer.finish()
  }
}
