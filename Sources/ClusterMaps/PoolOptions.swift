import Buffers
import RadosTypes
import Wire

/// What an operator set for one pool, by option.
///
/// Ceph: `pool_opts_t`. Layout: framed 2/1, `count: u32`, for each `key: s32, kind: s32` (0 string, 1
/// s64, 2 double) and the value.
package struct PoolOptions: Hashable, Sendable {
  package enum Value: Hashable, Sendable {
    case text(ByteString)
    case integer(Int64)
    case real(Double)
  }

  package enum Key: Int32, CaseIterable, Sendable {
    case scrubMinInterval, scrubMaxInterval, deepScrubInterval, recoveryPriority
    case recoveryOpPriority, scrubPriority, compressionMode, compressionAlgorithm
    case compressionRequiredRatio, compressionMaxBlobSize, compressionMinBlobSize, checksumType
    case checksumMaxBlock, checksumMinBlock, fingerprintAlgorithm, pgCountMin
    case targetSizeBytes, targetSizeRatio, pgAutoscaleBias, readLeaseInterval
    case dedupTier, dedupChunkAlgorithm, dedupChunkSize
  }

  /// By number, so that those of newer releases are kept.
  package var values: [Int32: Value] = [:]

  package init() {}

  package func integer(_ key: Key) -> Int64? {
    guard case .integer(let value) = values[key.rawValue] else { return nil }
    return value
  }

  package func real(_ key: Key) -> Double? {
    guard case .real(let value) = values[key.rawValue] else { return nil }
    return value
  }

  package func text(_ key: Key) -> ByteString? {
    guard case .text(let value) = values[key.rawValue] else { return nil }
    return value
  }
}

extension PoolOptions: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    values = try reader.readFramed("pool_opts_t", understands: 2) {
      (reader, version) throws(DecodeError) in
      try reader.readMap(
        { (reader) throws(DecodeError) in try reader.read(Int32.self) },
        { (reader) throws(DecodeError) in try Value(version: version, from: &reader) })
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 2, compat: 1) { writer in
      writer.write(map: values) { writer, key, value in
        writer.write(key)
        value.encode(into: &writer)
      }
    }
  }
}

extension PoolOptions.Value {
  fileprivate init(version: UInt8, from reader: inout WireReader) throws(DecodeError) {
    switch try reader.read(Int32.self) {
    case 0: self = .text(try reader.readByteString())
    case 1 where version >= 2: self = .integer(try reader.read())
    case 1: self = .integer(Int64(try reader.read(Int32.self)))
    case 2: self = .real(try reader.readDouble())
    case let kind: throw .invalid("pool option of kind \(kind)")
    }
  }

  fileprivate func encode(into writer: inout WireWriter) {
    switch self {
    case .text(let value):
      writer.write(Int32(0))
      writer.write(value)
    case .integer(let value):
      writer.write(Int32(1))
      writer.write(value)
    case .real(let value):
      writer.write(Int32(2))
      writer.write(value)
    }
  }
}
