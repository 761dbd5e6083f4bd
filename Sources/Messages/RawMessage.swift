import Buffers
import RadosTypes
import Wire

/// A message as the messenger moves it: the header, and three runs of bytes.
@usableFromInline package struct RawMessage: Sendable {
  @usableFromInline package var header: MessageHeader
  @usableFromInline package var front: ByteSlice
  @usableFromInline package var middle: BufferList
  @usableFromInline package var data: BufferList { didSet { dataCRC = nil } }
  /// crc32c of `data` (seed 0xffffffff) if somebody computed it already, as the messenger does for what
  /// it receives in crc mode.
  @usableFromInline package var dataCRC: UInt32?
  /// What the message holds of its sender's byte budget, given back when the last copy of this
  /// reference is gone: an op that outlives its message keeps it until it is answered.
  @usableFromInline package var budget: (any AnyObject & Sendable)?
  /// When it came; zeros for what is made here.
  @usableFromInline package var times = MessageTimes()

  @inlinable
  package init(
    header: MessageHeader, front: ByteSlice = .empty, middle: BufferList = BufferList(),
    data: BufferList = BufferList(), dataCRC: UInt32? = nil
  ) {
    self.header = header
    self.front = front
    self.middle = middle
    self.data = data
    self.dataCRC = dataCRC
  }

  /// Encodes `message` with its own version and, unless another is given, its own priority.
  @inlinable
  package init<Body: Message>(
    encoding message: borrowing Body, tid: UInt64 = 0, priority: UInt16 = Body.priority,
    dataOffset: UInt16 = 0, pool: SlabPool = .shared
  ) {
    var writer = WireWriter(pool: pool)
    message.encodeFront(into: &writer)
    self.init(
      header: MessageHeader(
        type: Body.type, tid: tid, priority: priority, version: Body.version,
        compatVersion: Body.compatVersion, dataOffset: dataOffset),
      front: writer.finish(), middle: message.middle, data: message.data)
  }

  @usableFromInline package var type: MessageType { header.type }
  @usableFromInline package var byteCount: Int { front.count + middle.count + data.count }

  /// The message that this is. `Body` must be of this type, or the answer is `.invalid`.
  @inlinable
  package func decode<Body: Message>(_: Body.Type = Body.self) throws(DecodeError) -> Body {
    guard header.type == Body.type else {
      throw .invalid("\(Body.type): the message is \(header.type)")
    }
    guard header.compatVersion <= Body.version else {
      throw .tooNew(
        Body.type.description, compat: UInt8(clamping: header.compatVersion),
        understood: UInt8(clamping: Body.version))
    }
    var reader = WireReader(front)
    return try Body(header: header, front: &reader, middle: middle, data: data)
  }
}
