import Buffers
import Wire

/// A line for the cluster's log, which people read with `ceph log last`.
///
/// Ceph: `LogEntry`. Layout: framed 5/5, `name: EntityName, rank: entity_name_t, addresses, stamp:
/// utime_t, sequence: u64, level: u16, text: string, channel: string`.
package struct LogEntry: Hashable, Sendable {
  /// Raw values are Ceph's `clog_type`.
  package enum Level: UInt16, Sendable {
    case debug = 0
    case info = 1
    case security = 2
    case warning = 3
    case error = 4
    /// Written by Ceph for what has no level.
    case unknown = 0xffff
  }

  package var name: AuthName
  package var rank: EntityName
  package var addresses: EntityAddresses
  package var stamp: UTime
  /// Counts the sender's lines, so that the monitor can acknowledge them.
  package var sequence: UInt64
  package var level: Level
  package var text: ByteString
  /// `cluster` or `audit`.
  package var channel: String

  package init(
    name: AuthName, rank: EntityName, addresses: EntityAddresses, stamp: UTime, sequence: UInt64,
    level: Level, text: ByteString, channel: String = "cluster"
  ) {
    self.name = name
    self.rank = rank
    self.addresses = addresses
    self.stamp = stamp
    self.sequence = sequence
    self.level = level
    self.text = text
    self.channel = channel
  }
}

extension LogEntry: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("LogEntry", understands: 5) {
      (reader, version) throws(DecodeError) in
      guard version >= 5 else { throw .tooOld("LogEntry", version: version) }
      let name = try reader.read(AuthName.self)
      let rank = try reader.read(EntityName.self)
      let addresses = try reader.read(EntityAddresses.self)
      let stamp = try reader.read(UTime.self)
      let sequence = try reader.read(UInt64.self)
      let number = try reader.read(UInt16.self)
      guard let level = Level(rawValue: number) else { throw .invalid("log level \(number)") }
      let text = try reader.readByteString()
      return LogEntry(
        name: name, rank: rank, addresses: addresses, stamp: stamp, sequence: sequence,
        level: level, text: text, channel: try reader.readString())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 5, compat: 5) { writer in
      writer.write(name)
      writer.write(rank)
      writer.write(addresses)
      writer.write(stamp)
      writer.write(sequence)
      writer.write(level.rawValue)
      writer.write(text)
      writer.write(channel)
    }
  }
}
