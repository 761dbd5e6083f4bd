import Buffers
import RadosTypes

extension OSDCaps {
  /// Where the text stops being capabilities. Nothing is granted then.
  package struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    package var text: ByteString
    package var offset: Int

    package var description: String {
      let rest = ByteString(Array(text.bytes.dropFirst(offset)))
      return "osd capability parse failed, stopped at '\(rest)' of '\(text)'"
    }
  }

  /// Grants, separated by commas or semicolons.
  package init(parsing text: ByteString) throws(ParseError) {
    var parser = OSDCapsParser(text.bytes)
    guard let grants = parser.grants() else { throw ParseError(text: text, offset: parser.at) }
    self.init(grants: grants)
  }
}

/// The grammar of Ceph's parser, which takes the first alternative that fits and never comes back to
/// try another: some texts that look right are errors, here as there.
///
///     grants  = grant ((',' | ';') grant)*
///     grant   = 'allow' spec match network? | 'allow' match spec network? | profile network?
///     spec    = '*' | [r][w][x] [class-read] [class-write] | 'class' NAME [METHOD]
///     match   = tag | namespace tag | [pool] namespace [prefix] | [pool] [prefix]
///     profile = 'profile' NAME [pool] [namespace]
///
/// Source: src/osd/OSDCap.cc (`OSDCapParser`).
struct OSDCapsParser {
  private let text: [UInt8]
  private(set) var at = 0

  init(_ text: [UInt8]) { self.text = text }

  mutating func grants() -> [OSDCaps.Grant]? {
    guard let first = grant() else { return nil }
    var grants = [first]
    while true {
      let before = at
      guard literal(",") || literal(";"), let next = grant() else {
        at = before
        break
      }
      grants.append(next)
    }
    while at < text.count, isSpace(text[at]) { at += 1 }
    return at == text.count ? grants : nil
  }

  private mutating func grant() -> OSDCaps.Grant? {
    blanks()
    let grant =
      attempt { $0.specFirst() } ?? attempt { $0.matchFirst() } ?? attempt { $0.profile() }
    if grant != nil { blanks() }
    return grant
  }

  private mutating func specFirst() -> OSDCaps.Grant? {
    guard literal("allow"), var grant = spec() else { return nil }
    grant.match = match()
    grant.network = network()
    return grant
  }

  private mutating func matchFirst() -> OSDCaps.Grant? {
    guard literal("allow") else { return nil }
    let match = match()
    guard var grant = spec() else { return nil }
    grant.match = match
    grant.network = network()
    return grant
  }

  private mutating func profile() -> OSDCaps.Grant? {
    guard literal("profile"), equalsOrSpaces(), let name = word() else { return nil }
    let pool = pool()
    let namespace = attempt { $0.namespace() }
    return OSDCaps.Grant(profile: name, pool: pool, namespace: namespace, network: network())
  }

  // MARK: spec

  private mutating func spec() -> OSDCaps.Grant? {
    if let rights = attempt({ $0.rights() }) { return OSDCaps.Grant(rights) }
    return attempt { parser in
      guard parser.spaces(), parser.literal("class"), parser.spaces(), let name = parser.word()
      else {
        return nil
      }
      let method = parser.attempt { $0.spaces() ? $0.word() : nil }
      return OSDCaps.Grant(class: name, method ?? "", OSDCaps.Match())
    }
  }

  private mutating func rights() -> OSDCaps.Rights? {
    if attempt({ $0.spaces() ? $0.wildcard() : nil }) != nil { return .any }
    var rights: OSDCaps.Rights = []
    rights.formUnion(attempt { $0.spaces() ? $0.letters() : nil } ?? [])
    if attempt({ $0.spaces() && $0.literal("class-read") ? true : nil }) != nil {
      rights.insert(.classRead)
    }
    if attempt({ $0.spaces() && $0.literal("class-write") ? true : nil }) != nil {
      rights.insert(.classWrite)
    }
    return rights.isEmpty ? nil : rights
  }

  private mutating func letters() -> OSDCaps.Rights? {
    var rights: OSDCaps.Rights = []
    if literal("r") { rights.insert(.read) }
    if literal("w") { rights.insert(.write) }
    if literal("x") { rights.insert(.execute) }
    return rights.isEmpty ? nil : rights
  }

  // MARK: match

  private mutating func match() -> OSDCaps.Match {
    var match = OSDCaps.Match()
    if let tag = attempt({ $0.tag() }) {
      match.tag = tag
      return match
    }
    let tagged: (ByteString, OSDCaps.Tag)? = attempt { parser in
      guard let namespace = parser.namespace(), let tag = parser.tag() else { return nil }
      return (namespace, tag)
    }
    if let tagged {
      match.namespace = tagged.0
      match.tag = tagged.1
      return match
    }
    match.pool = pool()
    match.namespace = attempt { $0.namespace() }
    match.objectPrefix =
      attempt { $0.spaces() && $0.literal("object_prefix") && $0.spaces() ? $0.word() : nil } ?? ""
    return match
  }

  private mutating func pool() -> ByteString {
    attempt { $0.spaces() && $0.literal("pool") && $0.equalsOrSpaces() ? $0.word() : nil } ?? ""
  }

  private mutating func namespace() -> ByteString? {
    guard spaces(), literal("namespace"), equalsOrSpaces(), var name = word(mayBeEmpty: true) else {
      return nil
    }
    if literal("*") { name.bytes.append(UInt8(ascii: "*")) }
    return name
  }

  private mutating func tag() -> OSDCaps.Tag? {
    guard spaces(), literal("tag"), spaces(), let application = word(), spaces(),
      let key = wildcard() ?? word()
    else { return nil }
    _ = spaces()
    guard literal("=") else { return nil }
    _ = spaces()
    guard let value = wildcard() ?? word() else { return nil }
    return OSDCaps.Tag(application: application, key: key, value: value)
  }

  private mutating func network() -> OSDCaps.Network? {
    attempt { parser in
      guard parser.spaces(), parser.literal("network"), parser.spaces() else { return nil }
      let digits = parser.run { byte in
        OSDCapsParser.isHexDigit(byte) || Array("/.:[]".utf8).contains(byte)
      }
      return digits.isEmpty
        ? nil : OSDCaps.Network(parsing: String(decoding: digits, as: UTF8.self))
    }
  }

  // MARK: words

  /// Quoted, or letters, digits and `_./-`.
  private mutating func word(mayBeEmpty: Bool = false) -> ByteString? {
    for quote in [UInt8(ascii: "\""), UInt8(ascii: "'")] {
      let quoted: ByteString? = attempt { parser in
        guard parser.take(quote) else { return nil }
        let inner = parser.run { $0 != quote }
        guard parser.take(quote), mayBeEmpty || !inner.isEmpty else { return nil }
        return ByteString(Array(inner))
      }
      if let quoted { return quoted }
    }
    let plain = run { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "/"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return plain.isEmpty ? nil : ByteString(Array(plain))
  }

  private mutating func wildcard() -> ByteString? { literal("*") || literal("all") ? "*" : nil }

  private mutating func equalsOrSpaces() -> Bool { literal("=") || spaces() }

  private mutating func spaces() -> Bool { !run(isSpace).isEmpty }

  private mutating func blanks() { _ = run { $0 == 32 || $0 == 9 } }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    Character(UnicodeScalar(byte)).isHexDigit
  }

  private mutating func run(_ isWanted: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    let from = at
    while at < text.count, isWanted(text[at]) { at += 1 }
    return text[from..<at]
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard at < text.count, text[at] == byte else { return false }
    at += 1
    return true
  }

  private mutating func literal(_ word: StaticString) -> Bool {
    word.withUTF8Buffer { bytes in
      guard text[at...].starts(with: bytes) else { return false }
      at += bytes.count
      return true
    }
  }

  /// Runs `body`; if it finds nothing, the place in the text is what it was.
  private mutating func attempt<Found>(_ body: (inout OSDCapsParser) -> Found?) -> Found? {
    let before = at
    if let found = body(&self) { return found }
    at = before
    return nil
  }
}

extension OSDCaps.Network {
  /// `ADDRESS/BITS`. Text that is no network contains nobody.
  package init(parsing text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    ip = []
    prefixBits = 0
    guard parts.count == 2, let address = EntityAddress.parseIP(parts[0]), let bits = Int(parts[1]),
      bits >= 0, bits <= address.count * 8
    else { return }
    ip = address
    prefixBits = bits
  }
}
