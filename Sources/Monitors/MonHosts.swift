import Glibc
import RadosTypes

/// The `mon host` setting: where monitors are, as an operator writes it.
///
/// Monitors separated by commas, semicolons or spaces, each `ADDRESS`, `ADDRESS:PORT`, a host name, or all
/// addresses of one in brackets, `[v2:192.0.2.1:3300,v1:192.0.2.1:6789]`. Only protocol v2 is spoken
/// here: a monitor given by its v1 address alone is tried at the v2 port of the same machine. Source:
/// src/mon/MonMap.cc (`init_with_hosts`).
package enum MonHosts {
  package static let v2Port: UInt16 = 3300
  package static let v1Port: UInt16 = 6789

  package struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    package var text: String
    package var reason: String

    package var description: String { "mon host '\(text)': \(reason)" }
  }

  /// One address for each monitor, in the order of the text, each once. `resolve` gives the IP addresses
  /// of a host name.
  package static func parse(
    _ text: String, resolve: (String) -> [[UInt8]] = MonHosts.resolve
  ) throws(ParseError) -> [EntityAddress] {
    var found: [EntityAddress] = []
    for word in words(text) {
      let candidates: [EntityAddress]
      if word.hasPrefix("["), let close = word.lastIndex(of: "]"), word[close...] == "]",
        EntityAddress.parseIP(word.dropFirst().dropLast()) == nil
      {
        candidates = try group(word.dropFirst().dropLast(), text, resolve)
      } else {
        candidates = try single(word, text, resolve)
      }
      for address in candidates where !found.contains(address) { found.append(address) }
    }
    guard !found.isEmpty else { throw ParseError(text: text, reason: "names no monitor") }
    return found
  }

  /// Splits at separators outside brackets.
  private static func words(_ text: String) -> [Substring] {
    var words: [Substring] = []
    var depth = 0
    var from = text.startIndex
    for index in text.indices {
      let character = text[index]
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if depth <= 0, ",; \t\n".contains(character) {
        words.append(text[from..<index])
        from = text.index(after: index)
      }
    }
    words.append(text[from...])
    return words.filter { !$0.isEmpty }
  }

  /// The v2 address of one monitor's addresses, else one made of the first.
  private static func group(
    _ text: Substring, _ whole: String, _ resolve: (String) -> [[UInt8]]
  )
    throws(ParseError) -> [EntityAddress]
  {
    var all: [EntityAddress] = []
    for word in words(String(text)) { all += try single(word, whole, resolve) }
    let written = words(String(text)).first { $0.hasPrefix("v2:") }
    if let written { return try single(written, whole, resolve) }
    return Array(all.prefix(1))
  }

  private static func single(
    _ word: Substring, _ whole: String, _ resolve: (String) -> [[UInt8]]
  )
    throws(ParseError) -> [EntityAddress]
  {
    if let address = EntityAddress(word, defaultKind: .any), address.kind != .none {
      return [asV2(address)]
    }
    let host = word.prefix { $0 != ":" }
    let port = word.dropFirst(host.count + 1)
    let addresses = resolve(String(host))
    guard !addresses.isEmpty else {
      throw ParseError(text: whole, reason: "'\(word)' is no address and no name that resolves")
    }
    guard port.isEmpty || UInt16(port) != nil else {
      throw ParseError(text: whole, reason: "'\(port)' is no port")
    }
    return addresses.map { ip in
      var address = EntityAddress(kind: .any)
      address.setIP(ip)
      address.port = UInt16(port) ?? 0
      return asV2(address)
    }
  }

  private static func asV2(_ address: EntityAddress) -> EntityAddress {
    var address = address
    if address.kind == .v1 || address.port == 0 || address.port == v1Port { address.port = v2Port }
    address.kind = .v2
    return address
  }

  /// The resolver of the C library; blocks.
  package static func resolve(_ host: String) -> [[UInt8]] {
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, nil, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var found: [[UInt8]] = []
    var next = list
    while let entry = next {
      next = entry.pointee.ai_next
      guard let ip = ip(of: entry.pointee), !found.contains(ip) else { continue }
      found.append(ip)
    }
    return found
  }

  private static func ip(of entry: addrinfo) -> [UInt8]? {
    guard let address = entry.ai_addr else { return nil }
    let raw = UnsafeRawPointer(address)
    switch entry.ai_family {
    case AF_INET: return Array(UnsafeRawBufferPointer(start: raw + 4, count: 4))
    case AF_INET6: return Array(UnsafeRawBufferPointer(start: raw + 8, count: 16))
    default: return nil
    }
  }
}
