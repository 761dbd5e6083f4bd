import Testing

@testable import OSDService

@Suite struct DeviceIDTests {
  @Test(
    arguments: [
      (
        "E:ID_VENDOR=SEAGATE\nE:ID_MODEL=ST8000NM\nE:ID_SCSI_SERIAL=ZA1\nE:ID_SERIAL=3500\nE:ID_SERIAL_SHORT=35",
        "SEAGATE_ST8000NM_ZA1"
      ),
      (
        "S:disk/by-id/x\nE:ID_MODEL=SAMSUNG MZQL\nE:ID_SERIAL_SHORT=S64H\nE:ID_SERIAL=other",
        "SAMSUNG_MZQL_S64H"
      ),
      ("E:ID_MODEL=LVM PV 4Xa on /dev/sda\nE:ID_SERIAL_SHORT=9\nE:ID_SERIAL=QEMU_9", "QEMU_9"),
      ("E:ID_SERIAL=MTFDHAL3T2_18", "Micron_MTFDHAL3T2_18"), ("I:12\nE:DEVTYPE=disk", nil),
    ] as [(String, String?)])
  func `what udev knows is put together as Ceph does it`(record: String, id: String?) {
    #expect(DeviceID.fromUdev(record) == id)
  }
}
