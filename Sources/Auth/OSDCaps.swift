import Buffers
import RadosTypes

/// What the bearer of a ticket may do with this OSD's objects: `allow rw pool=images, profile rbd`.
///
/// An operation is allowed if one grant allows all of it, or if for its class calls several grants add
/// up to all. Ceph: `OSDCap`. Source: src/osd/OSDCap.cc.
package struct OSDCaps: Sendable, Hashable {
  package private(set) var grants: [Grant]
  /// Something here is `allow *`, from anywhere. Known beforehand, as it is asked of every op.
  package let allowsAll: Bool

  package init(grants: [Grant]) {
    self.grants = grants
    allowsAll = grants.contains { $0.allowsAll }
  }

  package static let none = OSDCaps(grants: [])
  package static let all = OSDCaps(grants: [Grant(.any)])

  /// What may be done. Raw values are Ceph's `OSD_CAP_*`.
  package struct Rights: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let read = Rights(rawValue: 2)
    package static let write = Rights(rawValue: 4)
    package static let classRead = Rights(rawValue: 8)
    package static let classWrite = Rights(rawValue: 16)
    package static let execute: Rights = [.classRead, .classWrite]
    package static let any = Rights(rawValue: 0xff)
  }

  /// A call of an object class within an operation.
  package struct ClassCall: Sendable, Hashable {
    package var className: ByteString
    package var method: ByteString
    package var reads: Bool
    package var writes: Bool
    /// The class is one that clients may call without being granted it by name
    /// (`osd class default list`).
    package var isInDefaultList: Bool

    package init(
      className: ByteString, method: ByteString, reads: Bool, writes: Bool, isInDefaultList: Bool
    ) {
      self.className = className
      self.method = method
      self.reads = reads
      self.writes = writes
      self.isInDefaultList = isInDefaultList
    }
  }

  /// What is asked for.
  package struct Request: Sendable {
    package var pool: ByteString
    package var namespace: ByteString
    /// The object's locator key if it has one, else its name.
    package var object: ByteString
    package var reads: Bool
    package var writes: Bool
    package var classCalls: [ClassCall]
    /// The pool's applications, each with its keys and values (`pg_pool_t.application_metadata`).
    package var applications: [ByteString: [ByteString: ByteString]]
    /// The client's address: 4 bytes or 16; none matches no grant that names a network.
    package var ip: [UInt8]

    package init(
      pool: ByteString, namespace: ByteString = "", object: ByteString = "", reads: Bool = false,
      writes: Bool = false, classCalls: [ClassCall] = [],
      applications: [ByteString: [ByteString: ByteString]] = [:], ip: [UInt8] = []
    ) {
      self.pool = pool
      self.namespace = namespace
      self.object = object
      self.reads = reads
      self.writes = writes
      self.classCalls = classCalls
      self.applications = applications
      self.ip = ip
    }
  }

  /// What is left for a client at `ip`: grants for other networks go, the network of the others is
  /// settled. Done once a session, so that `allowsAll` can answer for its ops.
  package func seen(from ip: [UInt8]) -> OSDCaps {
    OSDCaps(
      grants: grants.compactMap { grant in
        guard let network = grant.network else { return grant }
        guard network.contains(ip) else { return nil }
        var settled = grant
        settled.network = nil
        return settled
      })
  }

  package func allows(_ request: Request) -> Bool {
    if allowsAll { return true }
    var granted = [Bool](repeating: false, count: request.classCalls.count)
    return grants.contains { $0.allows(request, &granted) }
  }
}

extension OSDCaps {
  /// One clause: where it holds, and what it allows there.
  package struct Grant: Sendable, Hashable {
    package var match = Match()
    package var rights: Rights = []
    /// `class NAME [METHOD]`: calls of this class alone, whatever the rights.
    package var className: ByteString = ""
    package var method: ByteString = ""
    package var network: Network?
    /// `profile NAME`: the grants that it stands for; the fields above but for the network are idle then.
    package var profile: ByteString = ""
    package var expansion: [Grant] = []

    package init(_ rights: Rights, _ match: Match = Match(), network: Network? = nil) {
      self.rights = rights
      self.match = match
      self.network = network
    }

    package init(
      class name: ByteString, _ method: ByteString, _ match: Match, network: Network? = nil
    ) {
      className = name
      self.method = method
      self.match = match
      self.network = network
    }

    package var allowsAll: Bool {
      if network != nil { return false }
      return profile.isEmpty
        ? match.isEverything && rights == .any : expansion.contains { $0.allowsAll }
    }

    func allows(_ request: Request, _ granted: inout [Bool]) -> Bool {
      if let network, !network.contains(request.ip) { return false }
      if !profile.isEmpty {
        for grant in expansion where grant.allows(request, &granted) { return true }
        return false
      }
      guard match.holds(for: request) else { return false }
      if request.reads && !rights.contains(.read) || request.writes && !rights.contains(.write) {
        return false
      }
      if request.classCalls.isEmpty || rights == .any { return true }
      for (index, call) in request.classCalls.enumerated() where allows(call) {
        granted[index] = true
      }
      return !granted.contains(false)
    }

    private func allows(_ call: ClassCall) -> Bool {
      if !className.isEmpty, call.className == className, method.isEmpty || call.method == method {
        return true
      }
      return call.isInDefaultList && (!call.reads || rights.contains(.classRead))
        && (!call.writes || rights.contains(.classWrite))
    }
  }

  /// `tag APPLICATION KEY = VALUE`: pools with that entry in their application metadata; `*` for any.
  package struct Tag: Sendable, Hashable {
    package var application: ByteString
    package var key: ByteString
    package var value: ByteString

    func holds(for applications: [ByteString: [ByteString: ByteString]]) -> Bool {
      if application.isEmpty { return true }
      guard let entries = applications[application] else { return false }
      if key == "*" { return value == "*" || entries.values.contains(value) }
      guard let found = entries[key] else { return false }
      return value == "*" || found == value
    }
  }

  /// Where a grant holds; what is empty or nil is everywhere.
  package struct Match: Sendable, Hashable {
    package var pool: ByteString = ""
    /// With `*` at its end, all that begin so.
    package var namespace: ByteString?
    package var tag: Tag?
    package var objectPrefix: ByteString = ""

    package init(pool: ByteString = "", namespace: ByteString? = nil, objectPrefix: ByteString = "")
    {
      self.pool = pool
      self.namespace = namespace
      self.objectPrefix = objectPrefix
    }

    package var isEverything: Bool {
      pool.isEmpty && namespace == nil && (tag?.application.isEmpty ?? true) && objectPrefix.isEmpty
    }

    func holds(for request: Request) -> Bool {
      guard pool.isEmpty || pool == request.pool, namespaceHolds(for: request.namespace),
        tag?.holds(for: request.applications) ?? true
      else { return false }
      return request.object.hasPrefix(objectPrefix)
    }

    private func namespaceHolds(for asked: ByteString) -> Bool {
      guard let namespace else { return true }
      if namespace.bytes.last == UInt8(ascii: "*"),
        asked.hasPrefix(ByteString(namespace.bytes.dropLast()))
      {
        return true
      }
      return namespace == asked
    }
  }

  /// Addresses that share their first bits: `10.0.0.0/8`.
  package struct Network: Sendable, Hashable {
    package var ip: [UInt8]
    package var prefixBits: Int

    /// An `ip` of no bytes, which text that is no network gives, contains nobody.
    func contains(_ other: [UInt8]) -> Bool {
      guard !ip.isEmpty, ip.count == other.count else { return false }
      for index in ip.indices where index * 8 < prefixBits {
        let bits = min(prefixBits - index * 8, 8)
        let mask = UInt8(truncatingIfNeeded: 0xff00 >> bits)
        if (ip[index] ^ other[index]) & mask != 0 { return false }
      }
      return true
    }
  }
}
