import Base
import Configuration
import OSDService
import Testing

@Suite struct CommandTableTests {
  private let table: CommandTable = {
    let table = CommandTable()
    table.add(
      Command(
        "say",
        [CommandParameter("what", .string), CommandParameter("loud", .flag, required: false)],
        help: "says"
      ) { arguments in CommandResult(output: arguments.text("what") ?? "") })
    return table
  }()

  @Test func `a request runs its command`() async {
    let result = await table.execute(#"{"prefix":"say","what":"h\u00e9"}"#)
    #expect(result.code == 0 && result.output == "hé")
  }

  @Test(arguments: [
    "", "{", "[]", "{}", #"{"prefix":7}"#, #"{"prefix":"no"}"#, #"{"prefix":"say"}"#,
  ])
  func `a bad request is EINVAL with words`(text: String) async {
    let result = await table.execute(text)
    #expect(result.code == -22 && !result.status.isEmpty)
  }

  @Test func `descriptions are what the ceph tool parses`() async throws {
    let result = await table.execute(#"{"prefix":"get_command_descriptions","format":"json"}"#)
    guard case .object(let commands)? = JSONValue.parse(result.output) else {
      Issue.record("not an object: \(result.output)")
      return
    }
    let say = JSONValue.parse(
      #"{"sig":["say",{"name":"what","type":"CephString"},{"name":"loud","type":"CephBool","req":"false"}],"help":"says"}"#
    )
    #expect(commands.values.contains { $0 == say })
    #expect(commands.keys.allSatisfy { $0.hasPrefix("cmd") })
  }

  @Test func `nested and strange JSON is a value or nil, never a trap`() {
    var random = SeededRandom(seed: 9)
    let alphabet = Array(#"{}[]",:0-.e\ut "#)
    for _ in 0..<10_000 {
      let count = Int.random(in: 0..<40, using: &random)
      _ = JSONValue.parse(
        String(
          (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }))
    }
    #expect(JSONValue.parse(String(repeating: "[", count: 100_000)) == nil)
  }
}

@Suite struct JSONWriterTests {
  @Test func `order, nesting and escapes are kept`() {
    var json = JSONWriter(pretty: false)
    json.object { json in
      json.string("b", "q\"\\\n\u{1}é")
      json.array("a") { json in
        json.integer(nil, -1)
        json.object { _ in }
        json.bool(nil, true)
      }
    }
    #expect(json.finish() == #"{"b":"q\"\\\n\u0001é","a":[-1,{},true]}"#)
  }
}
