"""librados' C interface as far as the tests need it: every op of a vector, with its own result.

The stock Python binding hides return values and leaves ops out; this one hides nothing.
"""
import ctypes as c
import errno
import json
import threading

lib = c.CDLL("librados.so.2")
SIZE, PTR, INT, U64, CH = c.c_size_t, c.c_void_p, c.c_int, c.c_uint64, c.c_char_p
for name in ("rados_create_write_op", "rados_create_read_op"):
    getattr(lib, name).restype = PTR
for name in ("rados_get_last_version", "rados_get_instance_id"):
    getattr(lib, name).restype = U64

CMPXATTR = {"eq": 1, "ne": 2, "gt": 3, "ge": 4, "lt": 5, "le": 6}
CREATE_EXCLUSIVE, CREATE_IDEMPOTENT = 1, 0
OP_EXCL, OP_FAILOK = 1, 2
CHECKSUMS = {"xxhash32": (0, 4), "xxhash64": (1, 8), "crc32c": (2, 4)}


class Cluster:
    def __init__(self, conf, op_timeout=120, **settings):
        self.handle = PTR()
        assert lib.rados_create(c.byref(self.handle), b"admin") == 0
        assert lib.rados_conf_read_file(self.handle, conf.encode()) == 0
        lib.rados_conf_set(self.handle, b"client_mount_timeout", b"120")
        lib.rados_conf_set(self.handle, b"rados_osd_op_timeout", str(op_timeout).encode())
        lib.rados_conf_set(self.handle, b"rados_mon_op_timeout", b"120")
        for name, value in settings.items():
            assert lib.rados_conf_set(self.handle, name.encode(), str(value).encode()) == 0, name
        assert lib.rados_connect(self.handle) == 0

    def close(self):
        lib.rados_shutdown(self.handle)

    def monitor(self, prefix, **arguments):
        """A monitor's command: its code, its output (JSON, decoded, if there is any), and its words."""
        return self.command(lib.rados_mon_command, prefix, arguments)

    def manager(self, prefix, seconds=120, **arguments):
        """As `monitor`, of the manager; librados itself would wait for it without end."""
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(self.command(lib.rados_mgr_command, prefix, arguments)), daemon=True)
        thread.start()
        thread.join(seconds)
        return answers[0] if answers else (-errno.ETIMEDOUT, None, f"no answer within {seconds} s")

    def command(self, call, prefix, arguments):
        command = json.dumps({"prefix": prefix, "format": "json", **arguments}).encode()
        out, out_length, words, words_length = PTR(), SIZE(), PTR(), SIZE()
        code = call(
            self.handle, (CH * 1)(command), SIZE(1), b"", SIZE(0), c.byref(out), c.byref(out_length),
            c.byref(words), c.byref(words_length))
        texts = [c.string_at(at, length.value).decode() if at.value else ""
                 for at, length in ((out, out_length), (words, words_length))]
        for at in (out, words):
            lib.rados_buffer_free(at)
        return code, json.loads(texts[0]) if texts[0].strip() else None, texts[1]

    def catch_up(self):
        """A client that has been idle for hundreds of maps gets them in parts, and looks for OSDs where they were."""
        assert lib.rados_wait_for_latest_osdmap(self.handle) == 0

    def pool(self, name):
        io = PTR()
        assert lib.rados_ioctx_create(self.handle, name.encode(), c.byref(io)) == 0
        return Pool(io)


class Pool:
    def __init__(self, io):
        self.io = io

    def close(self):
        lib.rados_ioctx_destroy(self.io)

    def namespace(self, text):
        lib.rados_ioctx_set_namespace(self.io, text)

    def locator(self, text):
        lib.rados_ioctx_locator_set_key(self.io, text)

    @property
    def last_version(self):
        return lib.rados_get_last_version(self.io)

    def write(self, oid, *steps, flags=0):
        """Runs a write vector of (op, argument...) steps; returns [rc, output of each step that has one]."""
        op = PTR(lib.rados_create_write_op())
        outs = [getattr(Step, "w_" + name)(op, *args) for name, *args in steps]
        rc = lib.rados_write_op_operate(op, self.io, oid, None, flags)
        lib.rados_release_write_op(op)
        return [rc] + [out() for out in outs if out]

    def begin_write(self, oid, *steps, flags=0):
        """Sends a write vector without waiting; returns what waits for it and gives its code."""
        op, completion = PTR(lib.rados_create_write_op()), PTR()
        for name, *args in steps:
            getattr(Step, "w_" + name)(op, *args)
        assert lib.rados_aio_create_completion2(None, None, c.byref(completion)) == 0
        sent = lib.rados_aio_write_op_operate(op, self.io, completion, oid, None, flags)
        lib.rados_release_write_op(op)

        def wait():
            if sent == 0:
                lib.rados_aio_wait_for_complete(completion)
            code = lib.rados_aio_get_return_value(completion) if sent == 0 else sent
            lib.rados_aio_release(completion)
            return code
        return wait

    def read(self, oid, *steps, flags=0):
        op = PTR(lib.rados_create_read_op())
        outs = [getattr(Step, "r_" + name)(op, *args) for name, *args in steps]
        rc = lib.rados_read_op_operate(op, self.io, oid, flags)
        result = [rc] + [out() for out in outs if out]
        lib.rados_release_read_op(op)
        return result

    def getxattr(self, oid, name):
        buffer = c.create_string_buffer(70000)
        rc = lib.rados_getxattr(self.io, oid, name, buffer, SIZE(70000))
        return [rc, buffer.raw[:rc] if rc > 0 else b""]

    def list(self):
        context, found = PTR(), []
        rc = lib.rados_nobjects_list_open(self.io, c.byref(context))
        assert rc == 0, rc
        entry, key, space = CH(), CH(), CH()
        while lib.rados_nobjects_list_next(context, c.byref(entry), c.byref(key), c.byref(space)) == 0:
            found.append((space.value or b"", entry.value, key.value or b""))
        lib.rados_nobjects_list_close(context)
        return sorted(found)


def bytes_array(values):
    return (CH * len(values))(*values), (SIZE * len(values))(*[len(v) for v in values])


class Step:
    """One function an op: puts it into the vector, returns how to fetch its output later (or None)."""

    @staticmethod
    def w_create(op, exclusive=CREATE_IDEMPOTENT):
        lib.rados_write_op_create(op, INT(exclusive), None)

    @staticmethod
    def w_write(op, data, offset=0):
        lib.rados_write_op_write(op, data, SIZE(len(data)), U64(offset))

    @staticmethod
    def w_write_full(op, data):
        lib.rados_write_op_write_full(op, data, SIZE(len(data)))

    @staticmethod
    def w_append(op, data):
        lib.rados_write_op_append(op, data, SIZE(len(data)))

    @staticmethod
    def w_writesame(op, data, length, offset):
        lib.rados_write_op_writesame(op, data, SIZE(len(data)), SIZE(length), U64(offset))

    @staticmethod
    def w_remove(op):
        lib.rados_write_op_remove(op)

    @staticmethod
    def w_truncate(op, offset):
        lib.rados_write_op_truncate(op, U64(offset))

    @staticmethod
    def w_zero(op, offset, length):
        lib.rados_write_op_zero(op, U64(offset), U64(length))

    @staticmethod
    def w_setxattr(op, name, value):
        lib.rados_write_op_setxattr(op, name, value, SIZE(len(value)))

    @staticmethod
    def w_rmxattr(op, name):
        lib.rados_write_op_rmxattr(op, name)

    @staticmethod
    def w_cmpxattr(op, name, how, value):
        lib.rados_write_op_cmpxattr(op, name, c.c_uint8(CMPXATTR[how]), value, SIZE(len(value)))

    @staticmethod
    def r_cmpxattr(op, name, how, value):
        lib.rados_read_op_cmpxattr(op, name, c.c_uint8(CMPXATTR[how]), value, SIZE(len(value)))

    @staticmethod
    def w_assert_exists(op):
        lib.rados_write_op_assert_exists(op)

    @staticmethod
    def r_assert_exists(op):
        lib.rados_read_op_assert_exists(op)

    @staticmethod
    def w_assert_version(op, version):
        lib.rados_write_op_assert_version(op, U64(version))

    @staticmethod
    def r_assert_version(op, version):
        lib.rados_read_op_assert_version(op, U64(version))

    @staticmethod
    def w_cmpext(op, data, offset):
        rval = INT(-12345)
        lib.rados_write_op_cmpext(op, data, SIZE(len(data)), U64(offset), c.byref(rval))
        return lambda: rval.value

    @staticmethod
    def r_cmpext(op, data, offset):
        rval = INT(-12345)
        lib.rados_read_op_cmpext(op, data, SIZE(len(data)), U64(offset), c.byref(rval))
        return lambda: rval.value

    @staticmethod
    def w_omap_set(op, entries):
        keys, key_lengths = bytes_array([k for k, _ in entries])
        values, value_lengths = bytes_array([v for _, v in entries])
        lib.rados_write_op_omap_set2(op, keys, values, key_lengths, value_lengths, SIZE(len(entries)))

    @staticmethod
    def w_omap_rm_keys(op, keys):
        names, lengths = bytes_array(keys)
        lib.rados_write_op_omap_rm_keys2(op, names, lengths, SIZE(len(keys)))

    @staticmethod
    def w_omap_rm_range(op, begin, end):
        lib.rados_write_op_omap_rm_range2(op, begin, SIZE(len(begin)), end, SIZE(len(end)))

    @staticmethod
    def w_omap_clear(op):
        lib.rados_write_op_omap_clear(op)

    @staticmethod
    def w_omap_cmp(op, key, how, value):
        rval = INT(-12345)
        lib.rados_write_op_omap_cmp2(op, key, c.c_uint8(CMPXATTR[how]), value, SIZE(len(key)),
                                     SIZE(len(value)), c.byref(rval))
        return lambda: rval.value

    @staticmethod
    def r_omap_cmp(op, key, how, value):
        rval = INT(-12345)
        lib.rados_read_op_omap_cmp2(op, key, c.c_uint8(CMPXATTR[how]), value, SIZE(len(key)),
                                    SIZE(len(value)), c.byref(rval))
        return lambda: rval.value

    @staticmethod
    def w_alloc_hint(op, object_size, write_size, flags=0):
        lib.rados_write_op_set_alloc_hint2(op, U64(object_size), U64(write_size), c.c_uint32(flags))

    @staticmethod
    def w_flags(op, flags):
        lib.rados_write_op_set_flags(op, INT(flags))

    @staticmethod
    def r_flags(op, flags):
        lib.rados_read_op_set_flags(op, INT(flags))

    @staticmethod
    def w_exec(op, cls, method, data=b""):
        rval = INT(-12345)
        lib.rados_write_op_exec(op, cls, method, data, SIZE(len(data)), c.byref(rval))
        return lambda: rval.value

    @staticmethod
    def r_stat(op):
        size, mtime, rval = U64(), c.c_long(), INT(-12345)
        lib.rados_read_op_stat(op, c.byref(size), c.byref(mtime), c.byref(rval))
        return lambda modified=mtime: (rval.value, size.value)  # The op writes there, so it must live on.

    @staticmethod
    def r_read(op, offset, length):
        buffer, got, rval = c.create_string_buffer(max(length, 1)), SIZE(), INT(-12345)
        lib.rados_read_op_read(op, U64(offset), SIZE(length), buffer, c.byref(got), c.byref(rval))
        return lambda: (rval.value, got.value, buffer.raw[:got.value])

    @staticmethod
    def r_checksum(op, kind, seed, offset, length, chunk, expect):
        number, width = CHECKSUMS[kind]
        init, room = seed.to_bytes(width, "little"), 4 + width * expect
        buffer, rval = c.create_string_buffer(room), INT(-12345)
        lib.rados_read_op_checksum(op, INT(number), init, SIZE(width), U64(offset), SIZE(length), SIZE(chunk),
                                   buffer, SIZE(room), c.byref(rval))
        return lambda: (rval.value, buffer.raw)

    @staticmethod
    def r_getxattrs(op):
        iterator, rval = PTR(), INT(-12345)
        lib.rados_read_op_getxattrs(op, c.byref(iterator), c.byref(rval))

        def fetch():
            found, name, value, length = [], CH(), PTR(), SIZE()
            while rval.value >= 0 and iterator.value:
                lib.rados_getxattrs_next(iterator, c.byref(name), c.byref(value), c.byref(length))
                if name.value is None:
                    break
                found.append((name.value, c.string_at(value, length.value)))
            if iterator.value:
                lib.rados_getxattrs_end(iterator)
            return (rval.value, found)
        return fetch

    @staticmethod
    def omap(call, *args):
        iterator, more, rval = PTR(), c.c_ubyte(77), INT(-12345)
        call(*args, c.byref(iterator), c.byref(more), c.byref(rval))

        def fetch():
            found, key, value, key_length, length = [], CH(), PTR(), SIZE(), SIZE()
            while rval.value >= 0 and iterator.value:
                lib.rados_omap_get_next2(iterator, c.byref(key), c.byref(value), c.byref(key_length),
                                         c.byref(length))
                if not key.value and not value.value and key_length.value == 0:
                    break
                found.append((c.string_at(key, key_length.value),
                              c.string_at(value, length.value) if value.value else b""))
            if iterator.value:
                lib.rados_omap_get_end(iterator)
            return (rval.value, more.value, found)
        return fetch

    @staticmethod
    def r_omap_vals(op, after, prefix, most):
        return Step.omap(lib.rados_read_op_omap_get_vals2, op, after, prefix, U64(most))

    @staticmethod
    def r_omap_keys(op, after, most):
        return Step.omap(lib.rados_read_op_omap_get_keys2, op, after, U64(most))

    @staticmethod
    def r_omap_by_keys(op, keys):
        names, lengths = bytes_array(keys)
        iterator, rval = PTR(), INT(-12345)
        lib.rados_read_op_omap_get_vals_by_keys2(op, names, SIZE(len(keys)), lengths, c.byref(iterator),
                                                 c.byref(rval))

        def fetch():
            found, key, value, key_length, length = [], CH(), PTR(), SIZE(), SIZE()
            while rval.value >= 0 and iterator.value:
                lib.rados_omap_get_next2(iterator, c.byref(key), c.byref(value), c.byref(key_length),
                                         c.byref(length))
                if not value.value and key_length.value == 0:
                    break
                found.append((c.string_at(key, key_length.value), c.string_at(value, length.value)))
            return (rval.value, found)
        return fetch
