"""A script of raw requests and every field of their replies: what librados' C API cannot ask or does not show.

    CEPH_CONF=... python3 raw_ops.py POOL WIDE [deadly]    prints the transcript, one JSON line a step

POOL has one PG, so that its versions count from 1; WIDE has four. Epochs are shown as "e"; times are those
that the requests bring. The position of an object in its PG comes from the client: here the checksum of its name.
"""
import json
import os
import struct
import subprocess
import sys

from rawclient import HEAD, SNAPDIR, Connection, Op, crc32c, string

READ, WRITE, RETRY, PGOP, ORDERSNAP, RETURNVEC = 0x10, 0x20, 0x8, 0x400, 0x40, 0x4000000
ONDISK = 4
EXCL, FAILOK = 1, 2


def ceph(*words):
    return json.loads(subprocess.run(["ceph", *words, "-f", "json"], check=True, timeout=120,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout or b"null")


def u64(*numbers):
    return struct.pack(f"<{len(numbers)}Q", *numbers)


def extent(code, offset=0, length=0, data=b"", flags=0, size=0, sequence=0):
    return Op(code, struct.pack("<QQQI", offset, length, size, sequence), data, flags)


def write(data, offset=0, length=None, **more):
    return extent(0x2201, offset, len(data) if length is None else length, data, **more)


def append(data):
    return extent(0x2206, 0, len(data), data)


def read(offset=0, length=0, **more):
    return extent(0x1201, offset, length, **more)


STAT, CREATE, DELETE = Op(0x1202), Op(0x220D), Op(0x2205)


def xattr(code, name, value=b"", compare=0, mode=0, lengths=None):
    return Op(code, struct.pack("<IIBB", *(lengths or (len(name), len(value))), compare, mode), name + value)


def cursor(pool=-1 << 63, hash=0, name=b"", snap=0, is_max=0, namespace=b"", key=b""):
    body = string(key) + string(name) + struct.pack("<QIB", snap, hash, is_max) + string(namespace)
    body += struct.pack("<q", pool)
    return struct.pack("<BBI", 4, 3, len(body)) + body


def show(data):
    if len(data) > 300:
        return f"{len(data)} bytes, crc32c {crc32c(data):08x}"
    if data and all(0x20 <= byte < 0x7F for byte in data):
        return data.decode()
    return data.hex(" ", 4) if data else ""


def version(pair):
    return f"{'e' if pair[0] else 0}:{pair[1]}"


def fields(reply, sent=()):
    if reply is None:
        return "no reply"
    answer = {"result": reply.result, "flags": hex(reply.flags), "retry": reply.retry,
              "bad_replay": version(reply.bad_replay), "replay": version(reply.replay),
              "user_version": reply.user_version, "ops": []}
    for (code, flags, args, out), rval in zip(reply.ops, reply.rvals):
        op = [hex(code), rval, show(out)]
        if len(sent) == len(reply.ops) and args != sent[len(answer["ops"])].args:
            op.append("args " + args.hex(" ", 8))
        answer["ops"].append(op)
    if reply.redirect:
        answer["redirect"] = True
    return answer


class Session:
    """Requests to the PGs of two pools of one OSD, each after the reply to the one before."""

    def __init__(self, pool, wide):
        dump = ceph("osd", "dump")
        self.pool, self.wide = (next(p["pool"] for p in dump["pools"] if p["pool_name"] == name)
                                for name in (pool, wide))
        self.connect()

    def connect(self):
        """The nonce must be that of the map: the daemon drops who means another."""
        dump = ceph("osd", "dump")
        self.epoch = dump["epoch"]
        osd = next(a for a in dump["osds"][0]["public_addrs"]["addrvec"] if a["type"] == "v2")
        self.connection = Connection(int(osd["addr"].rsplit(":", 1)[1]), osd["nonce"])

    def reconnect(self):
        self.connection.close()
        self.connect()

    def send(self, name, *ops, flags, hash=None, pool=None, seed=0, epoch=None, **more):
        hash = crc32c(more.get("key") or name) if hash is None else hash
        return self.connection.send_op(pool or self.pool, seed, name, ops, flags=flags, hash=hash,
                                       epoch=epoch or self.epoch, **more)

    def ask(self, name, *ops, seconds=60, **more):
        return fields(self.connection.reply(self.send(name, *ops, **more), seconds), ops)

    def r(self, name, *ops, flags=0, **more):
        return self.ask(name, *ops, flags=READ | flags, **more)

    def w(self, name, *ops, flags=0, **more):
        return self.ask(name, *ops, flags=WRITE | ONDISK | flags, **more)

    def both(self, name, *ops, **more):
        return [self.w(name, *ops, **more), self.r(name, STAT, read())]

    def bump(self):
        """Makes the map one epoch younger."""
        self.bumped = not getattr(self, "bumped", False)
        subprocess.run(["ceph", "osd", "set" if self.bumped else "unset", "noscrub"], check=True, timeout=120,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return ceph("osd", "dump")["epoch"]


def data_cases(s):
    r, w, both = s.r, s.w, s.both
    yield "zero-length write creates", lambda: both(b"zero", write(b""))
    yield "zero-length write inside", lambda: [w(b"zero", write(b"0123456789")), both(b"zero", write(b"", 5))]
    yield "zero-length write past the end of a new object", lambda: both(b"zero2", write(b"", 10))
    yield "zero-length append", lambda: both(b"zero", append(b""))
    yield "zero-length writefull", lambda: both(b"zero", extent(0x2202))
    yield "a write longer than its data", lambda: w(b"zero", write(b"abc", length=4))
    yield "a write shorter than its data", lambda: w(b"zero", write(b"abc", length=2))
    yield "an append longer than its data", lambda: w(b"zero", extent(0x2206, 0, 9, b"abc"))
    yield "a writefull longer than its data", lambda: w(b"zero", extent(0x2202, 0, 9, b"abc"))
    yield "a write at the end of numbers", lambda: w(b"zero", write(b"abc", (1 << 64) - 2))
    yield "an append says an offset", lambda: both(b"off", extent(0x2206, 7, 3, b"abc"))
    yield "startsync", lambda: w(b"off", Op(0x2207))
    yield "settrunc", lambda: w(b"off", extent(0x2208, 0, 0, sequence=1, size=1))
    yield "zero past the end of numbers", lambda: w(b"off", extent(0x2204, (1 << 64) - 2, 8))

    yield "holes", lambda: w(b"holes", write(b"a" * 4096), write(b"b" * 4096, 131072), write(b"c" * 10, 262144))
    for offset, length in ((0, 300000), (0, 0), (1, 100), (4000, 200), (8192, 8192), (131000, 5000), (262150, 100),
                           (262154, 1), (300000, 10), (100, 1 << 40)):
        yield f"sparse-read {offset}~{length}", lambda o=offset, n=length: r(b"holes", extent(0x1205, o, n))
        yield f"mapext {offset}~{length}", lambda o=offset, n=length: r(b"holes", extent(0x1203, o, n))
        yield f"sync-read {offset}~{length}", lambda o=offset, n=length: r(b"holes", extent(0x120B, o, n))
    yield "sparse-read with a truncation", lambda: r(b"holes", extent(0x1205, 0, 10, size=5, sequence=1))
    yield "sparse-read of an empty object", lambda: [w(b"off0", CREATE), r(b"off0", extent(0x1205, 0, 10))]
    yield "reads of the absent", lambda: [r(b"absent", op) for op in (
        read(0, 1), extent(0x1203, 0, 10), extent(0x1205, 0, 10), extent(0x120B), Op(0x1213), Op(0x1302))]
    yield "read past the end of numbers", lambda: r(b"holes", read((1 << 64) - 5, 10))
    yield "two reads", lambda: r(b"holes", read(0, 4), read(131072, 4), STAT)
    yield "read after a failing op", lambda: r(b"holes", xattr(0x1301, b"none"), read(0, 4))
    yield "read after a failing op that may", lambda: r(b"holes", Op(0x1301, struct.pack("<I", 4), b"none", FAILOK), read(0, 4))
    yield "a read that says it writes", lambda: w(b"holes", read(0, 4))
    yield "a write that says it reads", lambda: r(b"says", write(b"read"))
    yield "a read and a write", lambda: s.ask(b"says", read(), write(b"R"), read(), flags=READ | WRITE)
    yield "isdirty", lambda: r(b"holes", Op(0x121D))
    yield "masktrunc", lambda: r(b"holes", extent(0x1204))

    # Truncations as CephFS sends them: sequence and size come with every read and write.
    yield "truncated: make", lambda: both(b"tr", write(b"0123456789"))
    yield "truncated: write with a newer sequence", lambda: both(b"tr", write(b"AB", 1, size=6, sequence=2))
    yield "truncated: write with an older one", lambda: both(b"tr", write(b"cdefgh", 4, size=0, sequence=1))
    yield "truncated: write past the end with an older one", lambda: both(b"tr", write(b"zz", 20, size=0, sequence=1))
    yield "truncated: write with the same one", lambda: both(b"tr", write(b"xyz", 8, size=6, sequence=2))
    yield "truncated: read with a newer sequence", lambda: [r(b"tr", read(o, n, size=4, sequence=3))
                                                            for o, n in ((0, 0), (0, 3), (2, 10), (5, 1))]
    yield "truncated: read with the same one", lambda: r(b"tr", read(0, 0, size=4, sequence=2))
    yield "truncated: longer", lambda: both(b"tr", write(b"L", 0, size=20, sequence=4))
    yield "truncate with a sequence", lambda: both(b"tr", extent(0x2203, 7, 0, size=7, sequence=5))
    yield "truncate with an old sequence", lambda: both(b"tr", extent(0x2203, 3, 0, size=3, sequence=5))
    yield "trimtrunc", lambda: both(b"tr", extent(0x2209, 99, 0, size=2, sequence=6))
    yield "truncated: all ones", lambda: both(b"tr", write(b"ones", 0, size=(1 << 64) - 1, sequence=1))
    yield "truncated: an absent object", lambda: both(b"tr2", write(b"late", 2, size=1, sequence=3))
    yield "truncated: writefull after", lambda: both(b"tr2", extent(0x2202, 0, 4, b"full", size=9, sequence=9))
    yield "truncated: append after", lambda: both(b"tr2", append(b"more"))
    yield "truncated: zero after", lambda: both(b"tr2", extent(0x2204, 1, 2, size=9, sequence=9))
    yield "truncated: cmpext", lambda: r(b"tr2", extent(0x1220, 0, 4, b"full", size=1, sequence=20))

    yield "create with a category", lambda: both(b"cat", Op(0x220D, data=string(b"a category")))
    yield "create with a bad category", lambda: w(b"cat2", Op(0x220D, data=b"\xff\xff\xff\xffx"))
    yield "create with a category and more", lambda: w(b"cat3", Op(0x220D, data=string(b"c") + b"more"))

    def checksum(kind, seed, offset=0, length=0, chunk=0):
        return Op(0x121F, struct.pack("<QQIB", offset, length, chunk, kind), seed)
    four, eight = struct.pack("<I", 7), u64(7)
    for what, op in {
        "all": checksum(2, four), "unknown kind": checksum(9, eight), "short seed": checksum(2, b"\1\2"),
        "no seed": checksum(0, b""), "xxhash64 with half a seed": checksum(1, four), "long seed": checksum(0, eight),
        "past the end": checksum(2, four, 1 << 20, 10), "at the end": checksum(2, four, 262154, 1),
        "over the end": checksum(2, four, 262100, 1000), "over the end in chunks": checksum(2, four, 262144, 8, 4),
        "chunks of nothing": checksum(2, four, 0, 0, 4096), "offset without length": checksum(2, four, 10, 0),
        "uneven chunks": checksum(2, four, 0, 10, 4), "two chunks": checksum(1, eight, 0, 8192, 4096),
        "across a hole": checksum(0, four, 4090, 130000, 13000), "huge": checksum(2, four, 1, 1 << 63),
    }.items():
        yield f"checksum {what}", lambda op=op: r(b"holes", op)
    yield "checksum of the absent", lambda: r(b"absent", checksum(2, four))
    yield "checksum of an empty object", lambda: [r(b"off0", checksum(2, four)), r(b"off0", checksum(2, four, 0, 8, 4))]


def attribute_cases(s):
    r, w = s.r, s.w
    yield "xattrs", lambda: w(b"x", xattr(0x2301, b"n", b"12"), xattr(0x2301, b"text", b"abc"), xattr(0x2301, b"empty"),
                              xattr(0x2301, b"mixed", b" +7x"), xattr(0x2301, b"minus", b"-1"))
    yield "getxattr", lambda: [r(b"x", xattr(0x1301, name)) for name in (b"n", b"empty", b"none")]
    yield "getxattrs", lambda: r(b"x", Op(0x1302))
    yield "setxattr with a long name", lambda: w(b"x", xattr(0x2301, b"n" * 101, b"12"))
    yield "setxattr with a large value", lambda: w(b"x", xattr(0x2301, b"big", b"v" * 65537))
    yield "rmxattr", lambda: [w(b"x", xattr(0x2304, b"empty")), w(b"x", xattr(0x2304, b"empty")), w(b"no-x", xattr(0x2304, b"e"))]
    yield "setxattrs, resetxattrs", lambda: [w(b"x", Op(code)) for code in (0x2302, 0x2303)]
    for compare in range(8):
        yield f"cmpxattr {compare} of strings", lambda c=compare: [
            r(b"x", xattr(0x1303, b"text", v, c, 1))["ops"][0][1] for v in (b"abb", b"abc", b"abd", b"ab", b"")]
        yield f"cmpxattr {compare} of numbers", lambda c=compare: [
            r(b"x", xattr(0x1303, b"n", u64(v), c, 2))["ops"][0][1] for v in (11, 12, 13)]
    yield "cmpxattr of other numbers", lambda: [[r(b"x", xattr(0x1303, name, u64(v), 1, 2))["ops"][0][1] for v in values] for
           name, values in ((b"text", (0, 1)), (b"mixed", (0, 7)), (b"minus", (1, (1 << 64) - 1)), (b"none", (0, 1)))]
    yield "cmpxattr matches", lambda: r(b"x", xattr(0x1303, b"n", b"12", 1, 1))
    yield "cmpxattr does not match", lambda: r(b"x", xattr(0x1303, b"n", b"13", 1, 1))
    yield "cmpxattr in unknown modes", lambda: [r(b"x", xattr(0x1303, b"n", u64(12), 1, mode)) for mode in (0, 3)]
    yield "cmpxattr of half a number", lambda: r(b"x", xattr(0x1303, b"n", b"\1\2\3", 1, 2))
    yield "cmpxattr of a missing one", lambda: [r(b"x", xattr(0x1303, b"none", b"", how, 1)) for how in (1, 2)]
    yield "cmpxattr of an absent object", lambda: r(b"absent", xattr(0x1303, b"n", b"1", 1, 1))
    yield "cmpxattr lets a write", lambda: s.ask(b"x", xattr(0x1303, b"n", u64(12), 1, 2), write(b"ok"), flags=READ | WRITE)
    yield "cmpxattr keeps a write out", lambda: s.ask(b"x", xattr(0x1303, b"n", u64(13), 1, 2), write(b"no"), flags=READ | WRITE)

    header = lambda name: r(name, Op(0x1213))
    yield "omap header of a plain object", lambda: header(b"x")
    yield "omap header", lambda: [w(b"o", Op(0x2216, data=b"header")), header(b"o")]
    yield "omap header emptied", lambda: [w(b"o", Op(0x2216)), header(b"o")]
    yield "omap header after clear", lambda: [w(b"o", Op(0x2216, data=b"h")), w(b"o", Op(0x2217)), header(b"o")]
    entries = struct.pack("<I", 3) + b"".join(string(k) + string(v) for k, v in ((b"a", b"1"), (b"b", b""), (b"c", b"3")))
    yield "omap", lambda: [w(b"o", Op(0x2215, data=entries)), r(b"o", Op(0x1212, data=string(b"") + u64(2) + string(b""))),
                           r(b"o", Op(0x1211, data=string(b"a") + u64(9))), r(b"o", Op(0x1212, data=string(b"") + u64(0) + string(b"")))]
    yield "omap with a bad request", lambda: [r(b"o", Op(0x1212, data=b"\1")), r(b"o", Op(0x1211)), r(b"o", Op(0x1214, data=b"\x09")),
                                              w(b"o", Op(0x2215, data=entries[:-1])), w(b"o", Op(0x2218, data=b"x"))]
    yield "list-watchers", lambda: [r(b"x", Op(0x1209)), r(b"absent", Op(0x1209))]
    yield "list-snaps", lambda: [r(b"x", Op(0x120A), snap=SNAPDIR), r(b"absent", Op(0x120A), snap=SNAPDIR)]
    yield "list-snaps at the head", lambda: r(b"x", Op(0x120A))
    yield "others at the snapshot directory", lambda: [r(b"x", STAT, snap=SNAPDIR), r(b"x", Op(0x120A), STAT, snap=SNAPDIR)]
    yield "read at a snapshot", lambda: [r(b"x", STAT, snap=5), r(b"absent", STAT, snap=5)]
    yield "write at a snapshot", lambda: w(b"x", write(b"no"), snap=5)
    yield "bad snapshot contexts", lambda: [w(b"x", write(b"no"), snaps=context) for context in ((1, (2,)), (5, (1, 3)), (5, (3, 3)))]
    yield "a snapshot context without snapshots", lambda: [w(b"seq", write(b"a"), snaps=(7, ())), r(b"seq", Op(0x120A), snap=SNAPDIR),
                                                           w(b"seq", write(b"b"), snaps=(3, ()), flags=ORDERSNAP),
                                                           w(b"seq", write(b"c"), snaps=(3, ()))]
    yield "assert-version", lambda: [r(b"seq", Op(0x1208, u64(0, v)), STAT) for v in (0, 1, 1 << 40)]


def listing_cases(s):
    r, w = s.r, s.w

    def make():
        for n in range(7):
            w(b"l%d" % n, write(b"x"), namespace=b"lists")
        w(b"keyed", write(b"x"), namespace=b"lists", key=b"k")
        return w(b"other", write(b"x"), namespace=b"lists2")

    def next_cursor(reply):
        data = bytes.fromhex(reply["ops"][0][2].replace(" ", "")) if isinstance(reply, dict) else b""
        return data

    def pages(code, count, at):
        """All pages, each from the cursor that the one before gave."""
        answers, place = [], cursor()
        while len(answers) < 12:
            op = Op(code, struct.pack("<QI", count, s.epoch), place)
            reply = s.connection.reply(s.send(b"", op, flags=READ, namespace=b"lists", hash=0))
            answers.append(fields(reply, (op,)))
            out = reply.ops[0][3]
            if reply.result != 0 or not out:
                break
            length = struct.unpack_from("<I", out, at + 2)[0]
            place = out[at:at + 6 + length]
        return answers

    yield "lists: make", make
    for code, name, at in ((0x1505, "pgnls", 6), (0x1501, "pgls", 1)):
        op = lambda count, place=cursor(), code=code: Op(code, struct.pack("<QI", count, s.epoch), place)
        ask = lambda *ops, namespace=b"lists", **more: s.r(b"", *ops, namespace=namespace, hash=0, **more)
        yield f"{name} all", lambda ask=ask, op=op: ask(op(1000))
        yield f"{name} by threes", lambda code=code, at=at: pages(code, 3, at)
        yield f"{name} by ones", lambda code=code, at=at: pages(code, 1, at)[:3]
        yield f"{name} nothing", lambda ask=ask, op=op: ask(op(0))
        yield f"{name} of an empty namespace", lambda ask=ask, op=op: ask(op(1000), namespace=b"nobody")
        yield f"{name} of all namespaces", lambda ask=ask, op=op: ask(op(1000), namespace=b"\1")
        yield f"{name} of the default one", lambda ask=ask, op=op: ask(op(1000), namespace=b"")
        yield f"{name} with the PG flag", lambda ask=ask, op=op: ask(op(1000), flags=PGOP)
        yield f"{name} without flags", lambda op=op: s.ask(b"", op(2), flags=0, namespace=b"lists", hash=0)
        yield f"{name} from the end", lambda ask=ask, op=op: ask(op(10, cursor(is_max=1)))
        yield f"{name} from inside", lambda ask=ask, op=op: ask(op(10, cursor(s.pool, 1, snap=HEAD)))
        yield f"{name} with a bad cursor", lambda ask=ask, op=op: [ask(op(10, place)) for place in (b"", b"\4\3\xff\0\0\0")]
        yield f"{name} at a snapshot", lambda ask=ask, op=op: ask(op(10), snap=5)
        yield f"{name} twice", lambda ask=ask, op=op: ask(op(1), op(2))
        yield f"{name} with a read", lambda op=op: r(b"x", op(1), STAT)
    for code, name in ((0x1506, "pgnls-filter"), (0x1502, "pgls-filter")):
        op = lambda kind, rest=cursor(), code=code: Op(code, struct.pack("<QI", 10, s.epoch), kind + rest)
        yield f"{name} unknown", lambda op=op: r(b"", op(string(b"no such filter")), hash=0)
        yield f"{name} of a class", lambda op=op: r(b"", op(string(b"hello.none")), hash=0)
        yield f"{name} without one", lambda op=op: [r(b"", op(b"", b""), hash=0), r(b"", op(string(b"")), hash=0)]
        yield f"{name} plain", lambda op=op: r(b"", op(string(b"plain"), string(b"_n") + string(b"12") + cursor()), hash=0)
    yield "hit sets", lambda: [r(b"", Op(code, u64(1)), hash=0) for code in (0x1503, 0x1504)]
    yield "scrubls", lambda: [r(b"", Op(0x1507, data=data), hash=0) for data in (b"", b"\1\1\0\0\0\0")]


def other_cases(s):
    r, w = s.r, s.w

    def call(class_name, method, data=b"", lengths=None):
        return Op(0x1401, struct.pack("<BBBI", *(lengths or (len(class_name), len(method))), 0, len(data)),
                  class_name + method + data)

    yield "call hello.say_hello", lambda: r(b"x", call(b"hello", b"say_hello", b"you"))
    yield "call hello.nothing", lambda: r(b"x", call(b"hello", b"nothing"))
    yield "call lock.get_info", lambda: r(b"x", call(b"lock", b"get_info"))
    yield "call of an unknown class", lambda: r(b"x", call(b"no-such", b"m"))
    yield "call without names", lambda: r(b"x", call(b"", b""))
    yield "watch", lambda: w(b"x", Op(0x220F, struct.pack("<QQBII", 7, 0, 3, 0, 30)))
    yield "unwatch", lambda: w(b"x", Op(0x220F, struct.pack("<QQBII", 7, 0, 0, 0, 0)))
    yield "watch by an unknown way", lambda: w(b"x", Op(0x220F, struct.pack("<QQBII", 7, 0, 99, 0, 0)))
    yield "notify-ack", lambda: r(b"x", Op(0x1207, u64(1), u64(1, 1) + string(b"")))
    yield "notify without a body", lambda: r(b"x", Op(0x1206, u64(1)))
    yield "tmapget", lambda: r(b"x", Op(0x120C))
    yield "tmap2omap", lambda: w(b"x", Op(0x3222))
    yield "rollback", lambda: w(b"x2", Op(0x220E, u64(3)))
    yield "undirty", lambda: w(b"x", Op(0x221C))
    yield "copy-get", lambda: r(b"absent", Op(0x121E, u64(4096)))
    for code in (0x1200, 0x12FF, 0x22FF, 0x32FF, 0x13FF, 0x14FF, 0x15FF, 0x2500, 0x0001, 0x4001, 0xFFFF):
        yield f"unknown op {code:#x}", lambda c=code: s.ask(b"x", Op(c, data=b"some"), flags=READ | WRITE)
    yield "unknown op after a write", lambda: [w(b"x", write(b"gone", 100), Op(0x22FF)), r(b"x", STAT)]
    yield "cache ops", lambda: [w(b"x", Op(c)) for c in (0x821F, 0x8220, 0x8221, 0x2224, 0x2225)]
    yield "manifest ops", lambda: [w(b"x", Op(c)) for c in (0x2229, 0x222A, 0x222B)]
    yield "no ops", lambda: [r(b"x"), w(b"x"), s.ask(b"x", flags=0)]
    yield "no name", lambda: [r(b"", STAT), w(b"", write(b"x"))]
    yield "long names", lambda: [w(b"n" * 2049, CREATE), w(b"n", CREATE, key=b"k" * 2049), w(b"n", CREATE, namespace=b"s" * 257)]
    yield "parallel-exec", lambda: r(b"x", STAT, flags=0x200)
    yield "flags come back", lambda: [r(b"x", STAT, flags=f) for f in (0, 1, 2, 4, 0x100, 0x2000, 0x4000, 0x20000, 0x800000)]
    yield "retry comes back", lambda: [r(b"x", STAT, retry=n, flags=RETRY) for n in (0, 3)]
    yield "write without ondisk", lambda: s.ask(b"says", write(b"w"), flags=WRITE)
    yield "the mtime is the client's", lambda: [w(b"mt", write(b"1"), mtime=(1234567890, 5)), r(b"mt", STAT),
                                                w(b"mt", write(b"2"), mtime=(0, 0)), r(b"mt", STAT)]
    yield "removed and gone", lambda: [w(b"mt", DELETE), w(b"mt", DELETE), r(b"mt", STAT)]


def returns_cases(s):
    ask = lambda name, *ops, **more: s.ask(name, *ops, flags=READ | WRITE | RETURNVEC, **more)
    yield "returnvec: make", lambda: ask(b"rv", write(b"data"), xattr(0x2301, b"k", b"v"))
    yield "returnvec: read and write", lambda: ask(b"rv", read(), xattr(0x1301, b"k"), write(b"DATA"), STAT)
    yield "without: read and write", lambda: s.ask(b"rv", read(), xattr(0x1301, b"k"), write(b"More"), flags=READ | WRITE)
    yield "returnvec: a failing op", lambda: ask(b"rv", read(), xattr(0x1301, b"none"), write(b"no"))
    yield "returnvec: a failing op that may", lambda: ask(b"rv", read(), Op(0x1301, struct.pack("<I", 4), b"none", FAILOK), write(b"yes"))
    yield "returnvec: too much", lambda: [ask(b"rv2", xattr(0x2301, b"long", b"v" * 100)), ask(b"rv2", xattr(0x1301, b"long"), write(b"!"))]
    yield "returnvec: repeated", lambda: [ask(b"rv", xattr(0x1301, b"k"), write(b"once"), reqid=(77, 900, 0)) for _ in range(2)]
    yield "without: repeated", lambda: [s.ask(b"rv", xattr(0x1301, b"k"), write(b"once"), flags=READ | WRITE, reqid=(77, 901, 0))
                                        for _ in range(2)]
    yield "returnvec: a failure repeated", lambda: [ask(b"rv", xattr(0x1301, b"k"), Op(0x220D, flags=EXCL), reqid=(77, 902, 0))
                                                    for _ in range(2)]
    yield "returnvec: asked only the second time", lambda: [
        s.w(b"rv", write(b"once"), reqid=(77, 903, 0)), ask(b"rv", write(b"once"), reqid=(77, 903, 0))]


def duplicate_cases(s):
    w, r = s.w, s.r

    def together():
        """The same request twice before any reply."""
        tids = [s.send(b"dup2", append(b"x"), flags=WRITE | ONDISK, reqid=(9, 50, 3)) for _ in range(2)]
        return [fields(s.connection.reply(tid)) for tid in tids] + [r(b"dup2", read())]

    def reconnected(name, op, reqid):
        first = w(name, op, reqid=reqid)
        s.reconnect()
        return [first, w(name, op, reqid=reqid, flags=RETRY, retry=1), r(name, read())]

    yield "twice in a connection", lambda: [w(b"dup", append(b"x"), reqid=(9, 1, 0)), w(b"dup", append(b"x"), reqid=(9, 1, 0)), r(b"dup", read())]
    yield "twice at once", together
    yield "again after a reconnection", lambda: reconnected(b"dup", append(b"y"), (9, 2, 0))
    yield "another incarnation is another request", lambda: [w(b"dup", append(b"z"), reqid=(9, 2, 1)), r(b"dup", read())]
    yield "another client is another request", lambda: [w(b"dup", append(b"z"), reqid=(10, 2, 0)), r(b"dup", read())]
    yield "a failure again", lambda: reconnected(b"dup", Op(0x220D, flags=EXCL), (9, 3, 0))
    yield "a failure for want of the object again", lambda: reconnected(b"dup-no", DELETE, (9, 4, 0))
    yield "a failure stays when its reason is gone", lambda: [
        w(b"dup3", Op(0x2205), reqid=(9, 5, 0)), w(b"dup3", CREATE), w(b"dup3", Op(0x2205), reqid=(9, 5, 0)), r(b"dup3", STAT)]
    yield "what changed nothing again", lambda: [w(b"dup4", extent(0x2203, 5), reqid=(9, 6, 0)) for _ in range(2)]
    yield "an unsupported one again", lambda: [w(b"dup4", Op(0x22FF), reqid=(9, 7, 0)) for _ in range(2)]
    yield "a removal again", lambda: [w(b"dup5", CREATE), *reconnected(b"dup5", DELETE, (9, 8, 0))]
    yield "other ops under the same name", lambda: [w(b"dup6", append(b"a"), reqid=(9, 9, 0)),
                                                    w(b"dup6", CREATE, append(b"b"), reqid=(9, 9, 0)), r(b"dup6", read())]
    yield "the same for another object", lambda: [w(b"dup7", append(b"b"), reqid=(9, 9, 0)), r(b"dup7", STAT)]


def placement_cases(s):
    wide = lambda seed, hash, **more: s.r(b"x", STAT, pool=s.wide, seed=seed, hash=hash, **more)
    yield "the right PG", lambda: [wide(seed, 4 * seed + seed) for seed in range(4)]
    yield "the wrong PG for the hash", lambda: [
        wide(1, 2, seconds=2), s.w(b"x", write(b"x"), pool=s.wide, seed=1, hash=2, seconds=2)]
    yield "a PG that is not", lambda: wide(9, 9, seconds=2)
    yield "a pool that is not", lambda: s.r(b"x", STAT, pool=9999, seconds=2)
    yield "still served", lambda: wide(1, 1)

    def behind():
        new = s.bump()
        s.w(b"ep", write(b"x"), epoch=new)  # the OSD has the map
        old = s.epoch
        s.reconnect()
        s.epoch = old
        tid = s.send(b"ep", STAT, flags=READ)
        reply = s.connection.reply(tid)
        again = s.connection.reply(s.send(b"ep", STAT, flags=READ))
        s.epoch = new
        return [reply.seen + again.seen, fields(reply), reply.epoch - new]  # before the reply or soon after

    def long_ago():
        s.reconnect()
        tid = s.send(b"ep", STAT, flags=READ, epoch=1)
        reply = s.connection.reply(tid, 2)
        return [fields(reply), sorted(set(s.connection.seen)) if reply is None else reply.seen]

    def ahead(more):
        tid = s.send(b"ep", STAT, flags=READ, epoch=s.epoch + 1)
        held = s.connection.reply(tid, more)
        second = s.send(b"ep", append(b"held"), flags=WRITE, epoch=s.epoch + 1)
        s.epoch = s.bump()
        reply = s.connection.reply(tid)
        after = s.connection.reply(second)
        return [fields(held), reply.seen, fields(reply), fields(after)]

    yield "an epoch behind", behind
    yield "an epoch before the PG", long_ago
    yield "an epoch ahead", lambda: ahead(1.5)
    yield "order over a map", lambda: s.r(b"ep", STAT, read())


def deadly_cases(s):
    """What the stock OSD does not survive, or never answers: (what, the results that are right)."""
    result = lambda reply: reply["result"] if isinstance(reply, dict) else reply
    s.w(b"deadly", extent(0x2202, 0, 4, b"data"))
    s.w(b"deadly-empty", write(b""))
    yield "a read that ends past the end of numbers", result(s.r(b"deadly", read(1, (1 << 64) - 1))), [0, -22, -27]
    yield "a truncation to more than an object may have", result(s.w(b"deadly", write(b"L", size=1 << 40, sequence=9))), [-27]
    yield "a truncation that contradicts itself", result(s.w(b"deadly", extent(0x2203, 7, 0, size=8, sequence=9))), [-22]
    yield "zeroing nothing", result(s.w(b"deadly", extent(0x2204, 1, 0))), [-22]
    yield "a name that is not there", result(s.r(b"deadly", xattr(0x1301, b"n", lengths=(5, 0)))), [-22]
    yield "a value that is not there", result(s.w(b"deadly", xattr(0x2301, b"n", b"1", lengths=(1, 9)))), [-22]
    yield "a class that is not there", result(s.r(b"deadly", Op(0x1401, b"\xc8\xc8", b"hello"))), [-22]
    for code in (0x1501, 0x1505):
        place = struct.pack("<QI", 9, 0), cursor(s.wide, 2, snap=HEAD)
        yield "a listing from another pool", result(s.r(b"", Op(code, *place), hash=0)), [-22]
        yield "a listing from another PG", result(s.r(b"", Op(code, *place), hash=0, pool=s.wide)), [-22]
    yield "a write of nothing past the end", result(s.w(b"deadly-empty", write(b"", 10))), [0]
    yield "and the read after it", result(s.r(b"deadly-empty", read())), [0]
    yield "still there", result(s.r(b"deadly", STAT)), [0]


def transcript(s):
    """Yields (what, answer) for every step."""
    for cases in (data_cases, attribute_cases, listing_cases, other_cases, returns_cases, duplicate_cases, placement_cases):
        for what, run in cases(s):
            try:
                yield what, run()
            except (ConnectionError, TimeoutError) as error:
                yield what, f"connection lost: {error}"
                s.reconnect()


if __name__ == "__main__":
    session = Session(*sys.argv[1:3])
    for step in (deadly_cases if sys.argv[3:] == ["deadly"] else transcript)(session):
        print(json.dumps(step), flush=True)
