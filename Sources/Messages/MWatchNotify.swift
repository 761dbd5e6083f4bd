import Buffers
import RadosTypes
import Wire

/// Tells a watcher of a notification, or the notifier that all have answered.
///
/// Ceph: `MWatchNotify` v3. Layout: 1: u8, opcode: u8, cookie: u64, userVersion: u64, notifyID: u64,
/// payload: bufferlist, returnCode: s32, notifierID: u64.
package struct MWatchNotify: Message {
  /// 1 notify, 2 complete, 3 disconnect.
  package var opcode: UInt8
  /// The watch's, or of the op that notified.
  package var cookie: UInt64
  package var userVersion: UInt64
  /// `epoch << 32 | n`.
  package var notifyID: UInt64
  package var payload: ByteSlice
  package var returnCode: Int32
  /// The notifier's global id.
  package var notifierID: UInt64
  /// Of a completion: the watchers' replies, and who gave none.
  package var data: BufferList

  package init(
    opcode: UInt8, cookie: UInt64, userVersion: UInt64, notifyID: UInt64,
    payload: ByteSlice = .empty, returnCode: Int32 = 0, notifierID: UInt64 = 0,
    data: BufferList = BufferList()
  ) {
    self.opcode = opcode
    self.cookie = cookie
    self.userVersion = userVersion
    self.notifyID = notifyID
    self.payload = payload
    self.returnCode = returnCode
    self.notifierID = notifierID
    self.data = data
  }

  package static var type: MessageType { .watchNotify }
  package static var version: UInt16 { 3 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    let format = try front.read(UInt8.self)
    opcode = try front.read()
    cookie = try front.read()
    userVersion = try front.read()
    notifyID = try front.read()
    payload = format >= 1 ? try front.readBytes() : .empty
    returnCode = header.version >= 2 ? try front.read() : 0
    notifierID = header.version >= 3 ? try front.read() : 0
    self.data = data
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.write(opcode)
    writer.write(cookie)
    writer.write(userVersion)
    writer.write(notifyID)
    writer.write(payload)
    writer.write(returnCode)
    writer.write(notifierID)
  }
}
