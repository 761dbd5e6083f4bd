import Buffers
import RadosTypes
import Wire

/// Tells the monitor that this OSD is ready; the map with it "up" is the answer.
///
/// The public addresses are not in it: the monitor takes them from the connection.
///
/// Ceph: `MOSDBoot` v7/7. Layout: paxos, superblock: OSDSuperblock, heartbeatBack:
/// entity_addrvec_t, cluster: entity_addrvec_t, bootEpoch: u32, heartbeatFront: entity_addrvec_t,
/// metadata: map<string, string>, features: u64.
package struct MOSDBoot: Message {
  package var paxos: PaxosHeader
  package var superblock: OSDSuperblock
  package var heartbeatBack: EntityAddresses
  package var cluster: EntityAddresses
  /// The last epoch in which this process was up; 0 at first.
  package var bootEpoch: UInt32
  package var heartbeatFront: EntityAddresses
  package var metadata: [String: String]
  package var features: Features

  package init(
    paxos: PaxosHeader = PaxosHeader(), superblock: OSDSuperblock, heartbeatBack: EntityAddresses,
    cluster: EntityAddresses, bootEpoch: UInt32, heartbeatFront: EntityAddresses,
    metadata: [String: String], features: Features = .pacific
  ) {
    self.paxos = paxos
    self.superblock = superblock
    self.heartbeatBack = heartbeatBack
    self.cluster = cluster
    self.bootEpoch = bootEpoch
    self.heartbeatFront = heartbeatFront
    self.metadata = metadata
    self.features = features
  }

  package static var type: MessageType { .osdBoot }
  package static var version: UInt16 { 7 }
  package static var compatVersion: UInt16 { 7 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    superblock = try front.read()
    heartbeatBack = try front.read()
    cluster = try front.read()
    bootEpoch = try front.read()
    heartbeatFront = try front.read()
    metadata = try front.readStringMap()
    features = Features(rawValue: try front.read())
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(superblock)
    writer.write(heartbeatBack)
    writer.write(cluster)
    writer.write(bootEpoch)
    writer.write(heartbeatFront)
    writer.write(stringMap: metadata)
    writer.write(features.rawValue)
  }
}
