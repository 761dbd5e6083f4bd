import Wire

extension OSDStat: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("osd_stat_t", understands: 14) {
      (reader, version) throws(DecodeError) in
      guard version >= 9 else { throw .tooOld("osd_stat_t", version: version) }
      var stat = OSDStat()
      try stat.readOldest(from: &reader)
      try reader.skip(3 * 8)  // Used kilobytes again, which `statfs` has in bytes.
      stat.statfs = try reader.read()
      try stat.readNewer(from: &reader, version: version)
      return stat
    }
  }

  private mutating func readOldest(from reader: inout WireReader) throws(DecodeError) {
    try reader.skip(3 * 8)  // Kilobytes, likewise.
    snapTrimQueueLength = try reader.read()
    snapsTrimming = try reader.read()
    heartbeatPeers = try reader.readIntegers()
    _ = try reader.readIntegers(of: Int32.self)  // Peers of a kind long gone.
    opQueueAges = try reader.readFramed("pow2_hist_t", understands: 1) {
      (reader, _) throws(DecodeError) in try reader.readIntegers()
    }
    try readLatencies(from: &reader)
    upFrom = try reader.read()
    sequence = try reader.read()
    pgCount = try reader.read()
  }

  /// Version 1 in milliseconds, version 2, for peers with the feature, in nanoseconds.
  private mutating func readLatencies(from reader: inout WireReader) throws(DecodeError) {
    (commitLatencyMS, applyLatencyMS) = try reader.readFramed(
      "objectstore_perf_stat_t", understands: 2
    ) {
      (reader, version) throws(DecodeError) in
      if version == 1 { return (try reader.read(UInt32.self), try reader.read(UInt32.self)) }
      let commit = try reader.read(UInt64.self) / 1_000_000
      let apply = try reader.read(UInt64.self) / 1_000_000
      return (UInt32(clamping: commit), UInt32(clamping: apply))
    }
  }

  private mutating func readNewer(from reader: inout WireReader, version: UInt8) throws(DecodeError)
  {
    if version >= 10 {
      alerts = try reader.readMap(
        { (reader) throws(DecodeError) in try reader.read(Int32.self) },
        { (reader) throws(DecodeError) in try reader.readStringMap() })
    }
    if version >= 11 { shardsRepaired = try reader.read() }
    if version >= 12 {
      osds = try reader.read()
      perPoolOSDs = try reader.read()
    }
    if version >= 13 { perPoolOmapOSDs = try reader.read() }
    if version >= 14 {
      pingTimes = try reader.readMap(
        { (reader) throws(DecodeError) in try reader.read(Int32.self) },
        { (reader) throws(DecodeError) in try PingTimes(from: &reader) })
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 14, compat: 2) { writer in
      encodeOldest(into: &writer)
      writer.write(statfs.allocated >> 10)
      writer.write(statfs.omapAllocated >> 10)
      writer.write(statfs.internalMetadata >> 10)
      writer.write(statfs)
      encodeNewer(into: &writer)
    }
  }

  private func encodeOldest(into writer: inout WireWriter) {
    writer.write(statfs.total >> 10)
    writer.write(statfs.usedRaw >> 10)
    writer.write(statfs.available >> 10)
    writer.write(snapTrimQueueLength)
    writer.write(snapsTrimming)
    writer.write(integers: heartbeatPeers)
    writer.write(UInt32(0))
    writer.writeFramed(version: 1, compat: 1) { writer in writer.write(integers: opQueueAges) }
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(commitLatencyMS)
      writer.write(applyLatencyMS)
    }
    writer.write(upFrom)
    writer.write(sequence)
    writer.write(pgCount)
  }

  private func encodeNewer(into writer: inout WireWriter) {
    writer.write(map: alerts) { writer, osd, texts in
      writer.write(osd)
      writer.write(stringMap: texts)
    }
    writer.write(shardsRepaired)
    writer.write(osds)
    writer.write(perPoolOSDs)
    writer.write(perPoolOmapOSDs)
    writer.write(map: pingTimes) { writer, osd, times in
      writer.write(osd)
      writer.write(times)
    }
  }
}

extension OSDStat.PingTimes: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    lastUpdate = try reader.read()
    back = try reader.read()
    front = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(lastUpdate)
    writer.write(back)
    writer.write(front)
  }
}

extension OSDStat.PingTimes.Interface: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    average = try reader.read()
    least = try reader.read()
    greatest = try reader.read()
    last = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(average)
    writer.write(least)
    writer.write(greatest)
    writer.write(last)
  }
}

extension OSDStat.PingTimes.Periods: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    one = try reader.read()
    five = try reader.read()
    fifteen = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(one)
    writer.write(five)
    writer.write(fifteen)
  }
}
