import Monitors
import RadosTypes
import Testing

struct MonHostsTests {
  static func names(_ host: String) -> [[UInt8]] {
    host == "mon.example" ? [[192, 0, 2, 9]] : []
  }

  static let cases: [(String, [String])] = [
    ("10.0.0.1", ["10.0.0.1:3300"]),
    ("10.0.0.1:4000", ["10.0.0.1:4000"]),
    ("10.0.0.1:6789", ["10.0.0.1:3300"]),
    ("v1:10.0.0.1:6789", ["10.0.0.1:3300"]),
    ("v2:10.0.0.1:23300", ["10.0.0.1:23300"]),
    ("[v2:10.0.0.1:3300,v1:10.0.0.1:6789]", ["10.0.0.1:3300"]),
    ("[v1:10.0.0.1:6789/0,v2:10.0.0.1:3301/0]", ["10.0.0.1:3301"]),
    ("[v1:10.0.0.1:6789]", ["10.0.0.1:3300"]),
    ("10.0.0.1,10.0.0.2 10.0.0.3;10.0.0.1", ["10.0.0.1:3300", "10.0.0.2:3300", "10.0.0.3:3300"]),
    (
      "[v2:10.0.0.1:3300,v1:10.0.0.1:6789],[v2:10.0.0.2:3300,v1:10.0.0.2:6789]",
      ["10.0.0.1:3300", "10.0.0.2:3300"]
    ),
    ("[2001:db8::1]:3300", ["[2001:db8::1]:3300"]),
    ("[2001:db8::1]", ["[2001:db8::1]:3300"]),
    ("2001:db8::1", ["[2001:db8::1]:3300"]),
    ("[v2:[2001:db8::1]:3300,v1:[2001:db8::1]:6789]", ["[2001:db8::1]:3300"]),
    ("mon.example", ["192.0.2.9:3300"]),
    ("mon.example:4444", ["192.0.2.9:4444"]),
  ]

  @Test(arguments: cases)
  func `what operators write`(text: String, expected: [String]) throws {
    let parsed = try MonHosts.parse(text, resolve: Self.names)
    #expect(parsed.map(\.socketText) == expected)
    #expect(parsed.allSatisfy { $0.kind == .v2 })
  }

  @Test(arguments: ["", " , ", "nobody.example", "10.0.0.1:99999", "mon.example:http", "[", "[]"])
  func `what names no monitor is an error`(text: String) {
    #expect(throws: MonHosts.ParseError.self) { try MonHosts.parse(text, resolve: Self.names) }
  }
}
