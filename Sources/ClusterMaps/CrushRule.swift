import Buffers
import Wire

/// How to choose devices for an input: take a bucket, choose in it, emit.
///
/// Ceph: `crush_rule`. Layout: `count: u32`, the mask (ruleset, type, smallest and largest size, u8
/// each), then the steps.
package struct CrushRule: Hashable, Sendable {
  /// Layout: `operation: u32, first: s32, second: s32`.
  package struct Step: Hashable, Sendable {
    package var operation: Operation
    package var first: Int32
    package var second: Int32

    package init(_ operation: Operation, _ first: Int32 = 0, _ second: Int32 = 0) {
      self.operation = operation
      self.first = first
      self.second = second
    }
  }

  /// `CRUSH_RULE_*`; a number without a name does nothing.
  package struct Operation: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let nothing = Operation(rawValue: 0)
    /// first: the bucket or device to begin with.
    package static let take = Operation(rawValue: 1)
    /// For these two and the two leaf ones, first: how many (0 all, below 0 all but so many); second:
    /// of what type.
    package static let chooseFirstN = Operation(rawValue: 2)
    package static let chooseIndep = Operation(rawValue: 3)
    package static let emit = Operation(rawValue: 4)
    package static let chooseLeafFirstN = Operation(rawValue: 6)
    package static let chooseLeafIndep = Operation(rawValue: 7)
    package static let setChooseTries = Operation(rawValue: 8)
    package static let setChooseLeafTries = Operation(rawValue: 9)
    package static let setChooseLocalTries = Operation(rawValue: 10)
    package static let setChooseLocalFallbackTries = Operation(rawValue: 11)
    package static let setChooseLeafVaryR = Operation(rawValue: 12)
    package static let setChooseLeafStable = Operation(rawValue: 13)
  }

  package var ruleset: UInt8
  /// The pool type that it is for: 1 replicated, 3 erasure.
  package var type: UInt8
  package var sizeMin: UInt8
  package var sizeMax: UInt8
  package var steps: [Step]

  package init(ruleset: UInt8, type: UInt8, sizeMin: UInt8, sizeMax: UInt8, steps: [Step]) {
    self.ruleset = ruleset
    self.type = type
    self.sizeMin = sizeMin
    self.sizeMax = sizeMax
    self.steps = steps
  }

  package func suits(type: UInt8, size: Int) -> Bool {
    self.type == type && Int(sizeMin) <= size && Int(sizeMax) >= size
  }
}

extension CrushRule: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    let count = try reader.readCount(elementBytesMin: 12)
    ruleset = try reader.read()
    type = try reader.read()
    sizeMin = try reader.read()
    sizeMax = try reader.read()
    steps = []
    for _ in 0..<count { steps.append(try Step(from: &reader)) }
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt32(steps.count))
    writer.write(ruleset)
    writer.write(type)
    writer.write(sizeMin)
    writer.write(sizeMax)
    for step in steps { writer.write(step) }
  }
}

extension CrushRule.Step: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    operation = .init(rawValue: try reader.read())
    first = try reader.read()
    second = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(operation.rawValue)
    writer.write(first)
    writer.write(second)
  }
}
