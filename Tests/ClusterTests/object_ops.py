"""A script of object ops and what each answered: the same for the stock OSD and for ours, or a defect.

    CEPH_CONF=... python3 object_ops.py POOL     prints the transcript, one JSON line a step
"""
import json
import os
import random
import sys

from librados import CREATE_EXCLUSIVE, OP_FAILOK, Cluster

BIG = random.Random(5).randbytes(300_000)


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        if len(value) > 200:
            import hashlib
            return f"{len(value)} bytes {hashlib.sha256(value).hexdigest()[:16]}"
        return value.decode("latin-1")
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def transcript(pool):
    """Yields (what, answer) for every step."""
    w, r = pool.write, pool.read
    state = lambda oid: r(oid, ("stat",), ("read", 0, 400_000), ("getxattrs",), ("omap_vals", b"", b"", 100))

    def both(oid, *steps, flags=0):
        answer = w(oid, *steps, flags=flags)
        return [answer, state(oid)]

    cases = []

    def case(what, run):
        cases.append((what, run))

    # Absent objects.
    for name, steps in {
        "stat": [("stat",)], "read": [("read", 0, 10)], "getxattrs": [("getxattrs",)],
        "omap_vals": [("omap_vals", b"", b"", 10)], "omap_keys": [("omap_keys", b"", 10)],
        "omap_by_keys": [("omap_by_keys", [b"a"])], "assert_exists": [("assert_exists",)],
        "cmpext": [("cmpext", b"abc", 0)], "cmpext zeros": [("cmpext", b"\0\0", 0)],
        "cmpxattr": [("cmpxattr", b"k", "eq", b"v")], "omap_cmp": [("omap_cmp", b"k", "eq", b"v")],
        "checksum": [("checksum", "crc32c", 0, 0, 0, 0, 1)], "assert_version": [("assert_version", 1)],
    }.items():
        case(f"absent {name}", lambda steps=steps: r(b"absent", *steps))
    for name, steps in {
        "remove": [("remove",)], "truncate": [("truncate", 5)], "zero": [("zero", 0, 5)],
        "rmxattr": [("rmxattr", b"k")], "omap_clear": [("omap_clear",)], "omap_rm_keys": [("omap_rm_keys", [b"a"])],
        "omap_rm_range": [("omap_rm_range", b"a", b"b")], "assert_exists": [("assert_exists",), ("create",)],
        "cmpext": [("cmpext", b"abc", 0), ("create",)],
    }.items():
        case(f"absent {name}", lambda steps=steps, name=name: both(b"no-" + name.encode(), *steps))

    # Creating.
    case("create", lambda: both(b"c", ("create",)))
    case("create again", lambda: both(b"c", ("create",)))
    case("create exclusive", lambda: both(b"c", ("create", CREATE_EXCLUSIVE)))
    case("create exclusive new", lambda: both(b"c2", ("create", CREATE_EXCLUSIVE)))
    case("remove and create exclusive", lambda: both(b"c2", ("remove",), ("create", CREATE_EXCLUSIVE)))
    case("set_alloc_hint creates", lambda: both(b"hint", ("alloc_hint", 4 << 20, 4096)))
    case("setxattr creates", lambda: both(b"xa", ("setxattr", b"k", b"v")))
    case("omap_set creates", lambda: both(b"om", ("omap_set", [(b"k", b"v")])))
    case("empty write creates", lambda: both(b"w0", ("write", b"", 0)))
    case("empty write extends", lambda: both(b"w1", ("write", b"", 10)))
    case("empty append", lambda: both(b"w2", ("append", b"")))
    case("empty write_full", lambda: both(b"w3", ("write_full", b"")))

    # Data.
    case("write", lambda: both(b"d", ("write", b"hello world", 0)))
    case("overwrite", lambda: both(b"d", ("write", b"HE", 0)))
    case("write beyond the end", lambda: both(b"d", ("write", b"far", 100)))
    case("append", lambda: both(b"d", ("append", b"tail")))
    case("zero inside", lambda: both(b"d", ("zero", 2, 3)))
    case("zero to the end", lambda: both(b"d", ("zero", 100, 50)))
    case("zero past the end", lambda: both(b"d", ("zero", 500, 50)))
    case("truncate down", lambda: both(b"d", ("truncate", 8)))
    case("truncate up", lambda: both(b"d", ("truncate", 20)))
    case("write_full shorter", lambda: both(b"d", ("write_full", b"short")))
    case("write_full keeps xattrs", lambda: both(b"xa", ("write_full", b"data")))
    case("writesame", lambda: both(b"ws", ("writesame", b"abcd", 16, 4)))
    case("writesame uneven", lambda: both(b"ws", ("writesame", b"abc", 16, 4)))
    case("writesame nothing", lambda: both(b"ws", ("writesame", b"", 16, 4)))
    case("big", lambda: both(b"big", ("write_full", BIG)))
    case("big middle", lambda: both(b"big", ("write", BIG[:5000], 70_001)))
    case("big append", lambda: both(b"big", ("append", BIG[:5000])))
    case("too large offset", lambda: w(b"big", ("write", b"x", 128 << 20)))
    case("truncate too large", lambda: w(b"big", ("truncate", (128 << 20) + 1)))
    case("two writes", lambda: both(b"t", ("write", b"aaaa", 0), ("write", b"bb", 2)))
    case("write, truncate, append", lambda: both(b"t", ("write", b"cccc", 0), ("truncate", 2), ("append", b"dd")))
    case("write_full, write", lambda: both(b"t", ("write_full", b"0123456789"), ("write", b"xx", 8)))
    case("remove, write", lambda: both(b"t", ("remove",), ("write", b"anew", 2)))
    case("write, remove", lambda: both(b"t2", ("write", b"gone", 0), ("remove",)))
    case("remove twice", lambda: both(b"t2", ("create",), ("remove",), ("remove",)))

    # Reads.
    case("read ranges", lambda: [r(b"big", ("read", off, length)) for off, length in
                                 ((0, 10), (299_990, 100), (400_000, 5), (305_000, 1), (4095, 2), (65_536, 65_536))])
    case("read vector", lambda: r(b"d", ("stat",), ("read", 0, 2), ("read", 2, 2)))
    case("checksums", lambda: [r(b"big", ("checksum", kind, 7, 0, 65_536, chunk, n)) for kind in
                               ("crc32c", "xxhash32", "xxhash64") for chunk, n in ((0, 1), (4096, 16), (65_536, 1))])
    case("checksum uneven", lambda: r(b"big", ("checksum", "crc32c", 0, 0, 10_000, 4096, 3)))
    case("checksum all", lambda: r(b"big", ("checksum", "crc32c", 0xffffffff, 0, 0, 0, 1)))
    case("cmpext match", lambda: r(b"d", ("cmpext", b"sho", 0)))
    case("cmpext mismatch", lambda: r(b"d", ("cmpext", b"shX", 0)))
    case("cmpext past the end", lambda: r(b"d", ("cmpext", b"xy", 100)))
    case("cmpext zeros past the end", lambda: r(b"d", ("cmpext", b"\0\0", 100)))
    case("cmpext guards a write", lambda: both(b"d", ("cmpext", b"XX", 0), ("write", b"no", 0)))
    case("cmpext lets a write", lambda: both(b"d", ("cmpext", b"sh", 0), ("write", b"SH", 0)))

    # Attributes.
    case("setxattr", lambda: both(b"x", ("setxattr", b"a", b"1"), ("setxattr", b"b", b""), ("setxattr", b"n", b"12")))
    case("getxattr", lambda: [pool.getxattr(b"x", name) for name in (b"a", b"b", b"missing")])
    case("rmxattr", lambda: both(b"x", ("rmxattr", b"a")))
    case("rmxattr missing", lambda: both(b"x", ("rmxattr", b"missing")))
    case("xattr name too long", lambda: w(b"x", ("setxattr", b"n" * 101, b"v")))
    case("xattr name just fits", lambda: w(b"x", ("setxattr", b"n" * 100, b"v")))
    case("xattr large", lambda: [w(b"x", ("setxattr", b"large", BIG[:60_000])), pool.getxattr(b"x", b"large")])
    for how in ("eq", "ne", "gt", "ge", "lt", "le"):
        case(f"cmpxattr {how}", lambda how=how: [r(b"x", ("cmpxattr", b"n", how, v)) for v in (b"11", b"12", b"13")])
    case("cmpxattr missing", lambda: [r(b"x", ("cmpxattr", b"none", how, b"")) for how in ("eq", "ne")])
    case("a vector sees attributes as before it",
         lambda: both(b"v", ("setxattr", b"k", b"v2"), ("cmpxattr", b"k", "eq", b"v2")))
    case("cmpxattr guards", lambda: both(b"x", ("cmpxattr", b"n", "eq", b"13"), ("write", b"no", 0)))

    # Omap.
    entries = [(f"key{n:03}".encode(), f"value{n}".encode()) for n in range(50)]
    case("omap_set", lambda: w(b"o", ("omap_set", entries)))
    case("omap_vals pages", lambda: [r(b"o", ("omap_vals", after, b"", most)) for after, most in
                                     ((b"", 5), (b"key003", 5), (b"key047", 5), (b"key049", 5), (b"", 0))])
    case("omap_vals prefix", lambda: [r(b"o", ("omap_vals", after, b"key01", 20)) for after in (b"", b"key015", b"z")])
    case("omap_keys", lambda: r(b"o", ("omap_keys", b"key040", 4)))
    case("omap_by_keys", lambda: r(b"o", ("omap_by_keys", [b"key007", b"none", b"key001"])))
    case("omap_rm_keys", lambda: both(b"o", ("omap_rm_keys", [b"key000", b"none"])))
    case("omap_rm_range", lambda: both(b"o", ("omap_rm_range", b"key010", b"key040")))
    case("omap_rm_range upside down", lambda: both(b"o", ("omap_rm_range", b"z", b"a")))
    case("omap odd keys", lambda: both(b"o2", ("omap_set", [(b"\xff\xfe", b"\0\1"), (b"a\0b", b""), (b"z", b"1")])))
    for how in ("eq", "gt", "lt"):
        case(f"omap_cmp {how}", lambda how=how: [r(b"o2", ("omap_cmp", b"z", how, v)) for v in (b"0", b"1", b"2")])
    case("omap_cmp missing key", lambda: [r(b"o2", ("omap_cmp", b"none", "eq", v)) for v in (b"", b"1")])
    case("omap_cmp guards", lambda: both(b"o2", ("omap_cmp", b"z", "eq", b"2"), ("write", b"no", 0)))
    case("omap_clear", lambda: both(b"o2", ("omap_clear",)))
    case("omap on data, then remove", lambda: both(b"o2", ("omap_set", [(b"k", b"v")]), ("write", b"d", 0), ("remove",)))

    # Versions.
    def versions():
        answers = [w(b"ver", ("write_full", b"1"))]
        first = pool.last_version
        answers.append([w(b"ver", ("assert_version", first + delta), ("write_full", b"2")) for delta in (-1, 1)])
        answers.append(w(b"ver", ("assert_version", first), ("write_full", b"3")))
        second = pool.last_version
        answers.append(second - first)
        answers.append([r(b"ver", ("assert_version", v), ("stat",)) for v in (second - 1, second, second + 1, 0)])
        return answers

    case("assert_version", versions)

    def version_steps():
        steps = []
        for vector in ([("write_full", b"a")], [("write", b"b", 0)], [("rmxattr", b"none")], [("create",)],
                       [("create", CREATE_EXCLUSIVE)], [("truncate", 0)], [("setxattr", b"k", b"v")],
                       [("assert_exists",)], [("omap_clear",)], [("remove",)], [("remove",)]):
            before = pool.last_version
            rc = w(b"steps", *vector)
            steps.append([rc, pool.last_version - before])
        return steps[1:]

    case("how versions move", version_steps)

    # Vectors that fail.
    case("a failing step undoes all", lambda: both(b"f", ("write_full", b"x"), ("rmxattr", b"k"), ("omap_cmp", b"k", "eq", b"1")))
    case("failok", lambda: both(b"f2", ("create", CREATE_EXCLUSIVE), ("cmpxattr", b"k", "eq", b"v"), ("flags", OP_FAILOK),
                                ("write_full", b"went on")))
    case("unknown class", lambda: both(b"f3", ("exec", b"no-such-class", b"method")))
    case("empty vector", lambda: [w(b"e"), r(b"e")])

    # Names.
    case("long name", lambda: w(b"n" * 2048, ("create",)))
    case("too long name", lambda: w(b"n" * 2049, ("create",)))
    case("odd names", lambda: [w(name, ("write_full", name)) for name in (b"a/b", b"a b", b"\xff\xfe", b"_x", b".", b"%25")])

    def spaces():
        pool.namespace(b"ns")
        answers = [both(b"d", ("write_full", b"in ns")), [o for o in pool.list()]]
        pool.locator(b"near")
        answers.append(both(b"located", ("write_full", b"near")))
        pool.locator(None)
        answers.append(r(b"located", ("stat",)))
        answers.append(pool.list())
        pool.namespace(b"\1")  # LIBRADOS_ALL_NSPACES
        answers.append(pool.list())
        pool.namespace(b"")
        return answers

    case("namespaces and locators", spaces)
    case("list", pool.list)

    for what, run in cases:
        yield what, plain(run())


if __name__ == "__main__":
    cluster = Cluster(os.environ["CEPH_CONF"])
    pool = cluster.pool(sys.argv[1])
    for what, answer in transcript(pool):
        print(json.dumps([what, answer]), flush=True)
    pool.close()
    cluster.close()
