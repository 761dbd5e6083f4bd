import Buffers
import Wire

extension PGLogEntry: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_log_entry_t", understands: 14) {
      (reader, version) throws(DecodeError) in
      guard version >= 9 else { throw .tooOld("pg_log_entry_t", version: version) }
      let number = try reader.read(Int32.self)
      guard let operation = Operation(rawValue: number) else {
        throw .invalid("pg_log_entry_t operation \(number)")
      }
      let object = try reader.read(HObject.self)
      let at = try reader.read(EVersion.self)
      var entry = PGLogEntry(operation, object, version: at, priorVersion: .zero)
      try entry.readBody(from: &reader)
      try entry.readNewer(from: &reader, version: version)
      return entry
    }
  }

  private mutating func readBody(from reader: inout WireReader) throws(DecodeError) {
    // Before there was `revertingTo`, its slot held the prior version, and readers still look there.
    if operation == .lostRevert {
      revertingTo = try reader.read()
    } else {
      priorVersion = try reader.read()
    }
    reqID = try reader.read()
    mtime = try reader.read()
    if operation == .lostRevert { priorVersion = try reader.read() }
    snaps = try reader.readByteString()
    userVersion = try reader.read()
    modification = try reader.read()
  }

  private mutating func readNewer(from reader: inout WireReader, version: UInt8) throws(DecodeError)
  {
    if version >= 10 { extraReqIDs = try reader.readArray() }
    if version >= 11, isError { returnCode = try reader.read() }
    if version >= 12, !extraReqIDs.isEmpty {
      extraReturnCodes = try reader.readMap(
        { (reader) throws(DecodeError) in try reader.read(UInt32.self) },
        { (reader) throws(DecodeError) in try reader.read(Int32.self) })
    }
    if version >= 13 { cleanRegions = try reader.read() } else { cleanRegions.markFullyDirty() }
    if version >= 14 {
      if !isError { returnCode = try reader.read() }
      opReturns = try reader.readArray()
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 14, compat: 4) { writer in
      writer.write(operation.rawValue)
      writer.write(object)
      writer.write(version)
      writer.write(operation == .lostRevert ? revertingTo : priorVersion)
      writer.write(reqID)
      writer.write(mtime)
      if operation == .lostRevert { writer.write(priorVersion) }
      writer.write(snaps)
      writer.write(userVersion)
      writer.write(modification)
      encodeNewer(into: &writer)
    }
  }

  private func encodeNewer(into writer: inout WireWriter) {
    writer.write(array: extraReqIDs)
    if isError { writer.write(returnCode) }
    if !extraReqIDs.isEmpty {
      writer.write(map: extraReturnCodes) { writer, index, code in
        writer.write(index)
        writer.write(code)
      }
    }
    writer.write(cleanRegions)
    if !isError { writer.write(returnCode) }
    writer.write(array: opReturns)
  }
}
