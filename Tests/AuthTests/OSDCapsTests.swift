import Auth
import Buffers
import Testing

struct OSDCapsTests {
  typealias Request = OSDCaps.Request

  func allows(_ text: ByteString, _ request: Request) throws -> Bool {
    try OSDCaps(parsing: text).allows(request)
  }

  // Ceph's own: src/test/osd/osdcap.cc, the strings that must and must not parse.
  @Test(arguments: [
    "allow rwx", "allow r pool foo", "allow r pool=foo", "allow wx pool taco", "allow pool foo r",
    "allow r pool foo object_prefix prefix", "allow r namespace \"\"", "allow r namespace foo",
    "allow rw pool foo namespace \"\"", "allow r pool foo; allow r pool bar",
    "allow r pool foo ;allow r pool bar", "allow  rwx  pool  foo", "allow class foo",
    "allow class foo foo",
    "allow class 'foo' foo", "allow pool foo class \"foo\"", "allow *", "allow all", " allow r ",
    "allow class-read", "allow class-write", "allow class-read class-write",
    "allow r class-read pool foo",
    "profile rbd", "profile=rbd", "profile rbd pool=images", "profile rbd pool images namespace=a",
    "profile rbd-read-only pool images", "allow r tag cephfs data=*", "allow rw tag cephfs *=*",
    "allow r namespace=\"a*\"", "allow r namespace=a*", "allow rwx network 127.0.0.1/8",
    "allow r network ::1/128", "allow r tag rados key = value",
  ])
  func `texts that Ceph takes`(text: String) throws {
    _ = try OSDCaps(parsing: ByteString(text))
  }

  @Test(arguments: [
    "", "allow", "allow r poolfoo", "allow r w", "ALLOW r", "allow rwx,", "allow rwx x",
    "allow r pool foo r",
    "allow wwx pool taco", "allow wwx pool taco^funny&chars", "allow rwx pool 'weird name''",
    "allow rwx object_prefix \"beforepool\" pool weird", "allow rwx auid 123 pool asdf",
    "allow xrwx pool foo,, allow r pool bar", ";allow rwx pool foo rwx", "allow rwx pool foo ;;",
    "allow rwx pool 'weird name", "allow r tag cephfs", "allow r tag cephfs data",
    "allow r pool \"\"",
    "allow class", "profile", "allow r network",
  ])
  func `texts that Ceph refuses`(text: String) {
    #expect(throws: OSDCaps.ParseError.self) { try OSDCaps(parsing: ByteString(text)) }
  }

  @Test func `everything is everything`() throws {
    let caps = try OSDCaps(parsing: "allow *")
    #expect(caps.allowsAll)
    #expect(
      caps.allows(
        Request(pool: "any", reads: true, writes: true, classCalls: [Self.call("x", "y")])))
    #expect(!(try OSDCaps(parsing: "allow rwx").allowsAll))
    #expect(!(try OSDCaps(parsing: "allow * pool foo").allowsAll))
    #expect(!OSDCaps.none.allows(Request(pool: "any")))
  }

  @Test func `rights, pools, namespaces and prefixes limit`() throws {
    let text: ByteString = "allow rw pool=a namespace=n object_prefix p"
    #expect(
      try allows(text, Request(pool: "a", namespace: "n", object: "px", reads: true, writes: true)))
    #expect(!(try allows(text, Request(pool: "b", namespace: "n", object: "px", reads: true))))
    #expect(!(try allows(text, Request(pool: "a", namespace: "", object: "px", reads: true))))
    #expect(!(try allows(text, Request(pool: "a", namespace: "n", object: "qx", reads: true))))
    #expect(!(try allows("allow r", Request(pool: "a", writes: true))))
    #expect(try allows("allow r namespace=\"\"", Request(pool: "a", reads: true)))
    #expect(
      !(try allows("allow r namespace=\"\"", Request(pool: "a", namespace: "n", reads: true))))
  }

  @Test func `a star ends a namespace`() throws {
    #expect(try allows("allow r namespace=ns*", Request(pool: "a", namespace: "ns1", reads: true)))
    #expect(try allows("allow r namespace=\"*\"", Request(pool: "a", namespace: "", reads: true)))
    #expect(
      !(try allows("allow r namespace=ns*", Request(pool: "a", namespace: "other", reads: true))))
  }

  static func call(
    _ name: ByteString, _ method: ByteString, reads: Bool = true, writes: Bool = false,
    isListed: Bool = true
  ) -> OSDCaps.ClassCall {
    OSDCaps.ClassCall(
      className: name, method: method, reads: reads, writes: writes, isInDefaultList: isListed)
  }

  @Test func `class calls need x, or their halves, or their name`() throws {
    let reads = Request(pool: "a", reads: true, classCalls: [Self.call("c", "m")])
    let writes = Request(pool: "a", reads: true, classCalls: [Self.call("c", "m", writes: true)])
    let unlisted = Request(pool: "a", classCalls: [Self.call("c", "m", isListed: false)])
    #expect(try allows("allow rx", reads))
    #expect(try allows("allow r class-read", reads))
    #expect(!(try allows("allow r class-read", writes)))
    #expect(!(try allows("allow rw", reads)))
    #expect(!(try allows("allow rx", unlisted)))
    #expect(try allows("allow class c", unlisted))
    #expect(try allows("allow class c m", unlisted))
    #expect(!(try allows("allow class c other", unlisted)))
    #expect(try allows("allow *", unlisted))
  }

  @Test func `several grants add up for class calls`() throws {
    let both = Request(
      pool: "a",
      classCalls: [Self.call("c", "m", isListed: false), Self.call("d", "m", isListed: false)])
    #expect(try allows("allow class c, allow class d", both))
    #expect(!(try allows("allow class c", both)))
  }

  @Test func `tags look at the pool's applications`() throws {
    let cephfs = Request(pool: "a", reads: true, applications: ["cephfs": ["data": "fs"]])
    #expect(try allows("allow r tag cephfs data=fs", cephfs))
    #expect(try allows("allow r tag cephfs data=*", cephfs))
    #expect(try allows("allow r tag cephfs *=fs", cephfs))
    #expect(!(try allows("allow r tag cephfs data=other", cephfs)))
    #expect(!(try allows("allow r tag rbd *=*", cephfs)))
    #expect(!(try allows("allow r tag cephfs *=*", Request(pool: "a", reads: true))))
  }

  @Test func `profile rbd is what librbd needs`() throws {
    let caps: ByteString = "profile rbd pool=images"
    let all = [Self.call("rbd", "create", writes: true)]
    #expect(
      try allows(
        caps, Request(pool: "images", object: "x", reads: true, writes: true, classCalls: all)))
    #expect(!(try allows(caps, Request(pool: "other", object: "x", reads: true))))
    #expect(try allows(caps, Request(pool: "other", object: "rbd_info", reads: true)))
    #expect(
      try allows(
        caps, Request(pool: "other", object: "rbd_children", classCalls: [Self.call("rbd", "get")]))
    )
    let readOnly: ByteString = "profile rbd-read-only"
    #expect(
      try allows(readOnly, Request(pool: "p", reads: true, classCalls: [Self.call("rbd", "get")])))
    #expect(!(try allows(readOnly, Request(pool: "p", writes: true))))
    #expect(!(try allows("profile osd", Request(pool: "p", reads: true))))
  }

  @Test func `networks are honoured`() throws {
    let caps: ByteString = "allow r network 10.1.0.0/15"
    #expect(try allows(caps, Request(pool: "a", reads: true, ip: [10, 0, 2, 3])))
    #expect(!(try allows(caps, Request(pool: "a", reads: true, ip: [10, 2, 2, 3]))))
    #expect(!(try allows(caps, Request(pool: "a", reads: true))))
    #expect(
      !(try allows("allow r network abc", Request(pool: "a", reads: true, ip: [10, 0, 0, 1]))))
  }

  @Test func `a network limits even those who may do everything`() throws {
    let caps = try OSDCaps(parsing: "allow * network 10.0.0.0/8, allow r pool=a")
    #expect(!caps.allowsAll)
    #expect(!caps.allows(Request(pool: "a", writes: true, ip: [11, 0, 0, 1])))
    #expect(caps.allows(Request(pool: "a", writes: true, ip: [10, 0, 0, 1])))
    #expect(caps.seen(from: [10, 0, 0, 1]).allowsAll)
    #expect(caps.seen(from: [11, 0, 0, 1]).grants.count == 1)
  }

  @Test func `mutations are errors or grants, never a trap`() {
    let text =
      "allow rw pool=a namespace=n* object_prefix p, profile rbd, allow class c m network 10.0.0.0/8"
    mutate([ByteSlice(Array(text.utf8))]) { _ = try? OSDCaps(parsing: ByteString($0)) }
  }
}
