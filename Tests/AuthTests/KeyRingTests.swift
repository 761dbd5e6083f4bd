import Auth
import Buffers
import RadosTypes
import Testing

struct KeyRingTests {
  static let key = "AQD0wMRlAAAAABAA3NVlX0nZ3V5w4JjO0v7u9A=="

  @Test func `a keyring reads, and writes as ceph-authtool does`() throws {
    let text = """
      # made by hand
      [osd.0]
      \tkey = \(Self.key)
        caps_mon = "allow profile osd"
      \tcaps osd = 'allow *'   ; all
      \tauid = 7

      [client.admin]
      key=\(Self.key)
      """
    let ring = try KeyRing(parsing: text.utf8)
    let osd = try #require(ring.entries[AuthName(.osd, "0")])
    #expect(osd.key.base64 == Self.key)
    #expect(osd.caps == ["mon": "allow profile osd", "osd": "allow *"])
    #expect(ring.key(of: AuthName(.client, "admin")) == osd.key)
    #expect(
      ring.text == """
        [osd.0]
        \tkey = \(Self.key)
        \tcaps mon = "allow profile osd"
        \tcaps osd = "allow *"
        [client.admin]
        \tkey = \(Self.key)

        """)
    #expect(try KeyRing(parsing: ring.text.utf8) == ring)
  }

  @Test(arguments: [
    ("[osd.0\nkey = x", 1), ("[nobody]\n", 1), ("[osd.0]\nkey = AAAA\n", 2),
    ("[osd.0]\nkey = !!\n", 2),
    ("[osd.0]\n\nwhat\n", 3), ("[osd.0]\nname = x\n", 2), ("[osd.0]\ncaps mon = \"allow\n", 2),
  ])
  func `what is wrong is said with its line`(text: String, line: Int) {
    #expect { try KeyRing(parsing: text.utf8) } throws: {
      ($0 as? KeyRing.ParseError)?.line == line
    }
  }

  @Test func `quotes in capabilities survive`() throws {
    var ring = KeyRing()
    let key = try CryptoKey(base64: Self.key.utf8)
    ring.entries[AuthName(.osd, "1")] = KeyRing.Entry(
      key: key, caps: ["osd": "allow r pool=\"a b\""])
    #expect(try KeyRing(parsing: ring.text.utf8) == ring)
  }

  @Test func `base 64 is strict`() {
    for count in 0..<40 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
    }
    for bad in ["A", "AA", "AAA", "AA=A", "A===", "AAAA=", "A*AA"] {
      #expect(Base64.decode(bad.utf8) == nil)
    }
    #expect(Base64.decode("QUJ\nD \n".utf8) == Array("ABC".utf8))
  }

  @Test func `mutations are errors or keyrings, never a trap`() {
    let text = "[osd.0]\n\tkey = \(Self.key)\n\tcaps mon = \"allow \\\"x\"\n"
    mutate([ByteSlice(Array(text.utf8))]) { _ = try? KeyRing(parsing: $0.array) }
  }
}
