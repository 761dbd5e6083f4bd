"""A client of OSDs that says exactly what it is told to: msgr2.1 (crc, auth none) and MOSDOp, nothing more.

For what librados' C API cannot say. Layouts: MOSDOp.h, MOSDOpReply.h, frames_v2.h of Ceph 16.2.
"""
import itertools
import socket
import struct
import time

ALL_FEATURES = 0x3F01CFBDFFFDFFFF  # what 16.2.15 offers
MSG_OSD_MAP, MSG_OSD_OP, MSG_OSD_OPREPLY = 41, 42, 43
HELLO, AUTH_REQUEST, AUTH_DONE, AUTH_SIGNATURE, CLIENT_IDENT, SERVER_IDENT, MESSAGE = 1, 2, 6, 7, 8, 9, 17
CLIENT, OSD = 8, 4
HEAD, SNAPDIR = (1 << 64) - 2, (1 << 64) - 1


def crc_table():
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


TABLE = tuple(crc_table())


def crc32c(data, crc=0xFFFFFFFF):
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xFF]
    return crc


def string(data):
    return struct.pack("<I", len(data)) + data


def address(kind, nonce, port, ip="127.0.0.1"):
    body = struct.pack("<III", kind, nonce, 16) + struct.pack("<H", 2) + struct.pack(">H", port)
    body += socket.inet_aton(ip) + bytes(8)
    return struct.pack("<BBBI", 1, 1, 1, len(body)) + body


class Op:
    """One step: code, the 28 bytes of its arguments, flags, input."""

    def __init__(self, code, args=b"", data=b"", flags=0):
        self.code, self.args, self.data, self.flags = code, args.ljust(28, b"\0"), data, flags

    def encode(self):
        return struct.pack("<HI", self.code, self.flags) + self.args + struct.pack("<I", len(self.data))


class Reply:
    """MOSDOpReply, field by field."""

    def __init__(self, tid, front, data, seen):
        self.tid, self.seen = tid, seen  # what else came before it
        at = 4 + struct.unpack_from("<I", front)[0]
        self.name = front[4:at]
        self.pool, self.seed = struct.unpack_from("<xQI4x", front, at)
        at += 17
        self.flags, self.result, version, epoch, self.epoch, count = struct.unpack_from("<QiQIII", front, at)
        self.bad_replay = (epoch, version)
        at += 32
        self.ops = []
        for _ in range(count):
            code, flags, args, length = struct.unpack_from("<HI28sI", front, at)
            self.ops.append((code, flags, args, data[:length]))
            data = data[length:]
            at += 38
        self.retry, = struct.unpack_from("<i", front, at)
        self.rvals = list(struct.unpack_from(f"<{count}i", front, at + 4))
        at += 4 + 4 * count
        version, epoch, self.user_version, self.redirect = struct.unpack_from("<QIQB", front, at)
        self.replay = (epoch, version)


class Connection:
    """`name`: type and id; `own`: the address that it says it has, as (port, nonce); a client has none."""

    def __init__(self, port, nonce, ip="127.0.0.1", name=(CLIENT, b"admin"), own=None):
        kind, who = name
        self.sock = socket.create_connection((ip, port), timeout=60)
        self.sequence, self.tids = itertools.count(1), itertools.count(1)
        self.sock.sendall(b"ceph v2\n" + struct.pack("<HQQ", 16, 1, 0))
        assert self.receive(8) == b"ceph v2\n"
        self.receive(struct.unpack("<H", self.receive(2))[0])
        self.send_frame(HELLO, struct.pack("<B", kind) + address(2, 0, port, ip))
        self.expect(HELLO)
        payload = struct.pack("<BI", 1, kind) + string(who) + struct.pack("<Q", 0)
        self.send_frame(AUTH_REQUEST, struct.pack("<III", 1, 1, 1) + string(payload))
        self.expect(AUTH_DONE)
        self.send_frame(AUTH_SIGNATURE, bytes(32))
        self.expect(AUTH_SIGNATURE)
        mine = address(2, own[1], own[0], ip) if own else address(3, 1234, 0, ip)
        ident = b"\x02" + struct.pack("<I", 1) + mine + address(2, nonce, port, ip)
        number, lossy, cookie = (int(who), 0, 0x5EED) if own else (4100, 1, 0)
        self.send_frame(CLIENT_IDENT, ident + struct.pack(
            "<qQQQQQ", number, 1 << 40 if own else 1, ALL_FEATURES, 0, lossy, cookie))
        self.expect(SERVER_IDENT)

    def close(self):
        self.sock.close()

    def receive(self, count):
        data = bytearray()
        while len(data) < count:
            more = self.sock.recv(count - len(data))
            if not more:
                raise ConnectionResetError("closed by the OSD")
            data += more
        return bytes(data)

    def send_frame(self, tag, *segments):
        while len(segments) > 1 and not segments[-1]:
            segments = segments[:-1]
        head = struct.pack("<BB", tag, len(segments))
        head += b"".join(struct.pack("<IH", len(s), 8) for s in segments).ljust(24, b"\0") + b"\0\0"
        head += struct.pack("<I", crc32c(head, 0)) + segments[0] + struct.pack("<I", crc32c(segments[0]))
        if len(segments) > 1:
            crcs = [crc32c(s) for s in segments[1:]] + [0] * (4 - len(segments))
            head += b"".join(segments[1:]) + struct.pack("<BIII", 0x0E, *crcs)
        self.sock.sendall(head)

    def read_frame(self):
        head = self.receive(32)
        assert crc32c(head[:28], 0) == struct.unpack("<I", head[28:])[0], "preamble's checksum"
        lengths = [struct.unpack_from("<I", head, 2 + 6 * n)[0] for n in range(head[1])]
        segments = [self.receive(lengths[0])]
        if lengths[0]:
            assert self.receive(4) == struct.pack("<I", crc32c(segments[0])), "first segment's checksum"
        if len(lengths) > 1:
            segments += [self.receive(length) for length in lengths[1:]]
            status, *crcs = struct.unpack("<BIII", self.receive(13))
            assert status & 0xF == 0xE and crcs[:len(lengths) - 1] == [crc32c(s) for s in segments[1:]]
        return head[0], segments

    def expect(self, tag):
        got, segments = self.read_frame()
        assert got == tag, f"frame {got} instead of {tag}"
        return segments

    def send_op(self, pool, seed, name, ops, *, flags, epoch, hash=0, tid=None, reqid=None, namespace=b"",
                key=b"", snap=HEAD, snaps=(0, ()), mtime=(1_000_000_000, 0), retry=-1):
        """Sends a request and returns its tid. `reqid`: (client, tid, incarnation), carried in the message."""
        tid = tid or next(self.tids)
        front = struct.pack("<BBI", 1, 1, 18) + struct.pack("<BQIi", 1, pool, seed, -1) + b"\xff"
        front += struct.pack("<III", hash, epoch, flags)
        kind, client, request, incarnation = (CLIENT, *reqid) if reqid else (0, 0, 0, 0)
        front += struct.pack("<BBI", 2, 2, 21) + struct.pack("<BqQi", kind, client, request, incarnation)
        front += bytes(24) + struct.pack("<III", 0, *mtime)
        locator = struct.pack("<qi", pool, -1) + string(key) + string(namespace) + struct.pack("<q", -1)
        front += struct.pack("<BBI", 6, 3, len(locator)) + locator + string(name)
        front += struct.pack("<H", len(ops)) + b"".join(op.encode() for op in ops)
        front += struct.pack("<QQI", snap, snaps[0], len(snaps[1])) + b"".join(struct.pack("<Q", s) for s in snaps[1])
        front += struct.pack("<iQ", retry, ALL_FEATURES)
        header = struct.pack("<QQHHHIHQBHH", next(self.sequence), tid, MSG_OSD_OP, 63, 8, 0, 0, 0, 3, 3, 0)
        self.send_frame(MESSAGE, header, front, b"", b"".join(op.data for op in ops))
        return tid

    def send_message(self, kind, front, version=1, compat=1):
        header = struct.pack("<QQHHHIHQBHH", next(self.sequence), 0, kind, 63, version, 0, 0, 0, 3, compat, 0)
        self.send_frame(MESSAGE, header, front)

    def reply(self, tid=None, seconds=60):
        """The next reply (to `tid`), or None if there is none in time."""
        seen, deadline = [], time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.sock.settimeout(left)
            try:
                self.sock.recv(1, socket.MSG_PEEK)
            except TimeoutError:
                break
            self.sock.settimeout(60)
            tag, segments = self.read_frame()
            if tag != MESSAGE:
                continue
            _, got, kind = struct.unpack_from("<QQH", segments[0])
            segments += [b""] * (4 - len(segments))
            if kind == MSG_OSD_OPREPLY and tid in (None, got):
                return Reply(got, segments[1], segments[3], seen)
            seen.append({MSG_OSD_MAP: "osd_map", MSG_OSD_OPREPLY: f"reply {got}"}.get(kind, kind))
        self.seen = seen
        return None
