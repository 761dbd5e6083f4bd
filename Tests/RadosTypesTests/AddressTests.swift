import RadosTypes
import Testing
import Wire

@Suite struct AddressTests {
  @Test(arguments: [
    "v2:192.0.2.1:6800/4711", "v1:10.0.0.1:6789/0", "v2:[2001:db8::1]:6800/1",
    "[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]", "-",
  ])
  func `text of addresses parses to the same addresses`(text: String) throws {
    let addresses = try #require(EntityAddresses(text))
    #expect(addresses.description == text)
    #expect(try EntityAddresses(wire: addresses.wire) == addresses)
  }

  @Test func `what is not said is taken as given`() throws {
    let address = try #require(EntityAddress("10.1.2.3"))
    #expect(address.kind == .v2 && address.port == 0 && address.nonce == 0)
    #expect(address.ip == [10, 1, 2, 3])
    #expect(try #require(EntityAddress("10.1.2.3:6789", defaultKind: .v1)).kind == .v1)
    #expect(try #require(EntityAddress("::1")).isIPv6)
  }

  @Test(arguments: ["", "v2:", "10.0.0", "10.0.0.1:", "10.0.0.1:70000", "[::1", "10.0.0.1:1/x"])
  func `what is no address is refused`(text: String) {
    #expect(EntityAddress(text) == nil)
  }

  /// msg_types.h compares `entity_addr_t` by memcmp: the nonce's low byte counts first.
  @Test func `addresses are ordered as their bytes lie in memory`() {
    var left = EntityAddress(kind: .v2, ipv4: (10, 0, 0, 1), port: 6800, nonce: 0x100)
    let right = EntityAddress(kind: .v2, ipv4: (10, 0, 0, 1), port: 6800, nonce: 0x001)
    #expect(left < right)
    left.nonce = 1
    left.port = 6801
    #expect(right < left)
  }
}
