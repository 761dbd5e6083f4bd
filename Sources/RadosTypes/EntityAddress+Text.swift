import Glibc

/// Ceph's text for addresses: `v2:192.0.2.1:6800/4711`, `[v2:...,v1:...]`; `-` is none, and what has no
/// prefix may be either protocol.
extension EntityAddress: CustomStringConvertible {
  package var description: String {
    if kind == .none { return "-" }
    return kind.prefix + socketText + "/\(nonce)"
  }

  /// Address and port, `192.0.2.1:6800` or `[2001:db8::1]:6800`.
  package var socketText: String {
    switch family {
    case Family.ipv4: "\(ipText):\(port)"
    case Family.ipv6: "[\(ipText)]:\(port)"
    default: "(unrecognized address family \(family))"
    }
  }

  package var ipText: String {
    var bytes = ip
    guard !bytes.isEmpty else { return "" }
    var text = [CChar](repeating: 0, count: 64)
    unsafe inet_ntop(Int32(family), &bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// From `[v1:|v2:|any:]address[:port][/nonce]`, an IPv6 address in brackets when a port follows.
  package init?(_ text: some StringProtocol, defaultKind: Kind = .v2) {
    self.init(kind: defaultKind)
    if text == "-" {
      kind = .none
      return
    }
    var rest = Substring(text)
    for candidate in [Kind.v1, .v2, .any] where rest.hasPrefix(candidate.parsedPrefix) {
      kind = candidate
      rest = rest.dropFirst(candidate.parsedPrefix.count)
      break
    }
    guard let address = Self.takeAddress(&rest) else { return nil }
    setIP(address)
    if rest.first == ":" {
      guard let number = UInt16(Self.takeDigits(&rest)) else { return nil }
      port = number
    }
    if rest.first == "/" {
      guard let number = UInt32(Self.takeDigits(&rest)) else { return nil }
      nonce = number
    }
    guard rest.isEmpty else { return nil }
  }

  private static func takeAddress(_ rest: inout Substring) -> [UInt8]? {
    if rest.first == "[" {
      guard let close = rest.firstIndex(of: "]") else { return nil }
      let inner = rest[rest.index(after: rest.startIndex)..<close]
      rest = rest[rest.index(after: close)...]
      return parseIP(inner)
    }
    let untilNonce = rest.firstIndex(of: "/") ?? rest.endIndex
    let colons = rest[..<untilNonce].filter { $0 == ":" }.count
    let end = colons == 1 ? rest.firstIndex(of: ":") ?? untilNonce : untilNonce
    let address = parseIP(rest[..<end])
    rest = rest[end...]
    return address
  }

  /// The digits after the one character in front.
  private static func takeDigits(_ rest: inout Substring) -> Substring {
    let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
    rest = rest[digits.endIndex...]
    return digits
  }

  package static func parseIP(_ text: some StringProtocol) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 16)
    if unsafe inet_pton(AF_INET, String(text), &bytes) == 1 { return Array(bytes[..<4]) }
    return unsafe inet_pton(AF_INET6, String(text), &bytes) == 1 ? bytes : nil
  }
}

extension EntityAddress.Kind {
  fileprivate var prefix: String {
    switch self {
    case .v1: "v1:"
    case .v2: "v2:"
    case .any: ""
    case .network: "cidr:"
    default: "???:"
    }
  }

  fileprivate var parsedPrefix: String { self == .any ? "any:" : prefix }
}
