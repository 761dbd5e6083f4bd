import Buffers
import ObjectStores
import RadosTypes
import Wire

/// Ops on attributes, which the store keeps under `_` and their name.
extension OpInterpreter {
  private static let prefix = UInt8(ascii: "_")

  private var storedName: ByteString? {
    op.attributeName.map { ByteString([Self.prefix] + $0.bytes) }
  }

  mutating func readAttribute() -> Progress {
    guard let name = storedName else { return .failed(Errno.EINVAL) }
    return .needs(.attribute(name))
  }

  mutating func getAttribute(got answer: StoreAnswer) -> Progress {
    guard case .attribute(let value) = answer else {
      delta.reads += 1
      return failure(answer)
    }
    countRead(value?.count ?? 0)
    guard let value else { return .failed(Errno.ENODATA) }
    op.attribute.valueCount = UInt32(value.count)
    op.outdata = BufferList(value)
    return .done(0)
  }

  mutating func getAttributes(got answer: StoreAnswer) -> Progress {
    var found: [NamedValue] = []
    if case .values(let values) = answer {
      found = values.filter { $0.name.count > 1 && $0.name.bytes[0] == Self.prefix }
    }
    var writer = WireWriter()
    writer.write(array: found) { writer, value in
      writer.write(ByteString(Array(value.name.bytes.dropFirst())))
      writer.write(value.value)
    }
    op.outdata = writer.finishList()
    countRead(op.outdata.count)
    guard case .values = answer else { return failure(answer) }
    return .done(0)
  }

  mutating func compareAttribute(got answer: StoreAnswer) -> Progress {
    guard case .attribute(let found) = answer else { return failure(answer) }
    let stored = found ?? .empty
    countRead(stored.count)
    let matches: Bool?
    switch op.attribute.mode {
    case 1:
      guard let wanted = op.attributeValue else { return .failed(Errno.EINVAL) }
      matches = Comparison(rawValue: op.attribute.comparison)?
        .holds(ByteString(wanted.contiguous()), ByteString(stored))
    case 2:
      var reader = input
      guard (try? reader.skip(Int(op.attribute.nameCount))) != nil,
        let wanted = try? reader.read(UInt64.self)
      else { return .failed(Errno.EINVAL) }
      matches = Comparison(rawValue: op.attribute.comparison)?.holds(wanted, decimal(stored))
    default: matches = nil
    }
    guard let matches else { return .failed(Errno.EINVAL) }
    return matches ? .done(1) : .failed(Errno.ECANCELED)
  }

  /// What `strtoull` makes of the text: leading digits (after blanks and a sign), saturating.
  private func decimal(_ text: ByteSlice) -> UInt64 {
    var bytes = text.array[...]
    bytes = bytes.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
    let isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative || bytes.first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
    var number: UInt64 = 0
    for byte in bytes {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
      let (tens, overflowed) = number.multipliedReportingOverflow(by: 10)
      let (sum, overflowedToo) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      if overflowed || overflowedToo { return .max }
      number = sum
    }
    return isNegative ? 0 &- number : number
  }

  mutating func setAttribute() -> Progress {
    let counts = op.attribute
    if limits.attributeBytesMax > 0 && Int(counts.valueCount) > limits.attributeBytesMax {
      return .failed(Errno.EFBIG)
    }
    guard Int(counts.nameCount) <= limits.attributeNameBytesMax else {
      return .failed(Errno.ENAMETOOLONG)
    }
    guard let name = storedName, let value = op.attributeValue else { return .failed(Errno.EINVAL) }
    createIfAbsent()
    transaction.setAttribute(object, in: collection, name, value.contiguous())
    delta.writes += 1
    return .done(0)
  }

  mutating func removeAttribute() -> Progress {
    guard state.isVisible else { return .failed(Errno.ENOENT) }
    guard let name = storedName else { return .failed(Errno.EINVAL) }
    isTouched = true
    transaction.removeAttribute(object, in: collection, name)
    delta.writes += 1
    return .done(0)
  }
}

/// How CMPXATTR compares what the client sent with what is stored (`CEPH_OSD_CMPXATTR_OP_*`).
enum Comparison: UInt8 {
  case equal = 1
  case notEqual = 2
  case greater = 3
  case greaterOrEqual = 4
  case less = 5
  case lessOrEqual = 6

  func holds<Value: Comparable>(_ sent: Value, _ stored: Value) -> Bool {
    switch self {
    case .equal: sent == stored
    case .notEqual: sent != stored
    case .greater: sent > stored
    case .greaterOrEqual: sent >= stored
    case .less: sent < stored
    case .lessOrEqual: sent <= stored
    }
  }
}
