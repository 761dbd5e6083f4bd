import Buffers
import Wire

/// One step of a client's request: what to do, with which numbers, and the bytes in and out.
///
/// Ceph: `OSDOp` around `ceph_osd_op`. Layout: 38 bytes, `code: u16, flags: u32, arguments: 28 bytes,
/// payload: u32`; the payload is the step's share of the message's data segment: `indata` in a
/// request, `outdata` in a reply. A reply repeats the request's other fields byte for byte.
package struct OSDOp: Sendable {
  /// Any number a client sends; `code` is nil for those nobody knows.
  package var rawCode: UInt16
  package var flags: OpFlags
  /// The union's 28 bytes in little-endian words; OSDOp+Arguments.swift reads them.
  var words: (UInt64, UInt64, UInt64, UInt32)
  package var indata: BufferList
  package var outdata: BufferList
  /// The step's own result: 0, or a count, or a negative errno.
  package var result: Int32

  package static let wireByteCount = 38

  package init(_ code: OpCode, flags: OpFlags = [], indata: BufferList = BufferList()) {
    self.init(rawCode: code.rawValue, flags: flags, indata: indata)
  }

  package init(rawCode: UInt16, flags: OpFlags = [], indata: BufferList = BufferList()) {
    self.rawCode = rawCode
    self.flags = flags
    self.indata = indata
    words = (0, 0, 0, 0)
    outdata = BufferList()
    result = 0
  }

  package var code: OpCode? { OpCode(rawValue: rawCode) }

}

/// What an op's number itself says, also of codes nobody knows. Ceph: `ceph_osd_op_mode_*`.
package struct OpMode: Sendable {
  private let rawCode: UInt16

  @inline(__always)
  package init(_ rawCode: UInt16) { self.rawCode = rawCode }

  /// A class call's number says so too; only the class knows.
  @inline(__always) package var reads: Bool {
    rawCode & 0x1000 != 0 && rawCode != OpCode.call.rawValue
  }
  @inline(__always) package var writes: Bool { rawCode & 0x2000 != 0 }
  @inline(__always) package var caches: Bool { rawCode & 0x8000 != 0 }
  @inline(__always) package var isPGOp: Bool { rawCode & 0x0f00 == 0x0500 }
}

extension OSDOp {
  /// Reads the 38 bytes; the payload's length comes back apart, its bytes are in another segment.
  package init(from reader: inout WireReader, payloadCount: inout Int) throws(DecodeError) {
    rawCode = try reader.read()
    flags = OpFlags(rawValue: try reader.read())
    words = (try reader.read(), try reader.read(), try reader.read(), try reader.read())
    payloadCount = Int(try reader.read(UInt32.self))
    indata = BufferList()
    outdata = BufferList()
    result = 0
  }

  /// The 38 bytes of each, whose payload is what it brings, or for a reply what it gives back.
  package static func encode(_ ops: [OSDOp], isReply: Bool, into writer: inout WireWriter) {
    // Field by field, so that no op is copied out of the array.
    let ops = ops.span
    for place in ops.indices {
      writer.write(ops[place].rawCode)
      writer.write(ops[place].flags.rawValue)
      writer.write(ops[place].words.0)
      writer.write(ops[place].words.1)
      writer.write(ops[place].words.2)
      writer.write(ops[place].words.3)
      writer.write(UInt32(isReply ? ops[place].outdata.count : ops[place].indata.count))
    }
  }
}

extension OSDOp: CustomStringConvertible {
  package var description: String {
    guard let code else { return "op 0x" + String(rawCode, radix: 16) }
    switch code {
    case .read, .syncRead, .sparseRead, .mapExtents, .write, .writeFull, .zero, .append,
      .compareExtent:
      return "\(code) \(extent.offset)~\(extent.length)"
    case .truncate: return "\(code) \(extent.offset)"
    case .getAttribute, .setAttribute, .removeAttribute, .compareAttribute:
      return "\(code) \(attributeName?.text ?? "") (\(attribute.valueCount))"
    case .call:
      let names = callNames
      return "\(code) \(names?.className.text ?? "").\(names?.method.text ?? "")"
    case .assertVersion: return "\(code) v\(assertedVersion)"
    case .watch: return "\(code) \(watch.operation) cookie \(watch.cookie)"
    default: return indata.isEmpty ? "\(code)" : "\(code) in=\(indata.count)b"
    }
  }
}
