"""Clients in one process that take turns, each with a connection of its own: `many.py COUNT POOL`, CEPH_CONF set.

Says "ready" when every one has spoken to an OSD. Then, for each line of standard input, a run as JSON (`call`: read or
write; `names`: a format of objects' names; `objects`, `size`, `offsets` in each, `depth` of all together, `ops`,
`seed`), a line of JSON: `ops`, `iops`, `lat_ms` and `client_cores`.
"""
import collections
import ctypes
import errno
import json
import os
import random
import sys
import time

from librados import PTR, SIZE, U64, Cluster, lib

CALLS = {"read": lib.rados_aio_read, "write": lib.rados_aio_write}


class Op:
    """One op under way."""

    def __init__(self, call, io, name, buffer, offset):
        self.begun = time.monotonic()
        self.completion = PTR()
        _check(lib.rados_aio_create_completion2(None, None, ctypes.byref(self.completion)))
        _check(CALLS[call](io, name, self.completion, buffer, SIZE(len(buffer)), U64(offset)))
        # What the op returns when all is well.
        self.wanted = len(buffer) if call == "read" else 0

    def finish(self):
        """Seconds since it was sent."""
        lib.rados_aio_wait_for_complete(self.completion)
        got = _check(lib.rados_aio_get_return_value(self.completion))
        lib.rados_aio_release(self.completion)
        if got != self.wanted:
            raise OSError(errno.EIO, f"{got} instead of {self.wanted}")
        return time.monotonic() - self.begun


def _check(code):
    if code < 0:
        raise OSError(-code, os.strerror(-code))
    return code


def connect(count, pool):
    """The pools of so many clients. Each asks for an attribute that is not there, and so has its connection."""
    clients = [Cluster(os.environ["CEPH_CONF"], admin_socket="", ms_async_op_threads=1) for _ in range(count)]
    pools = [client.pool(pool) for client in clients]
    for each in pools:
        each.getxattr(b"nothing", b"nothing")
    return pools


def run(pools, call, names, objects, size, offsets, depth, ops, seed):
    chance = random.Random(seed)
    buffers = [ctypes.create_string_buffer(size) for _ in range(depth)]
    under_way, waited = collections.deque(), 0
    begun, used = time.monotonic(), time.process_time()
    for number in range(ops):
        if len(under_way) == depth:
            waited += under_way.popleft().finish()
        name = names.format(chance.randrange(objects)).encode()
        # In turn as the ops are, so that a buffer comes again when its op has been waited for.
        under_way.append(Op(call, pools[number % len(pools)].io, name, buffers[number % depth],
                            chance.randrange(offsets) * size))
    waited += sum(op.finish() for op in under_way)
    seconds = time.monotonic() - begun
    return {"ops": ops, "iops": ops / seconds, "lat_ms": waited / ops * 1e3,
            "client_cores": (time.process_time() - used) / seconds}


def main():
    pools = connect(int(sys.argv[1]), sys.argv[2])
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(run(pools, **json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
