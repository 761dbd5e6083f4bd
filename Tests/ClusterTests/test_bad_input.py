"""Bad input: one clear line that says what, where and what to do; nothing stored is lost, memory stays bounded."""
import os
import pathlib
import random
import re
import socket
import struct
import subprocess
import unittest

from harness import Cluster, OSD_BIN, IS_STOCK, is_running, wait_for

BANNER = b"ceph v2\n" + struct.pack("<HQQ", 16, 1, 0)


def crc32c(data, seed=0):
    for byte in data:
        seed ^= byte
        for _ in range(8):
            seed = (seed >> 1) ^ (0x82F63B78 if seed & 1 else 0)
    return seed


def preamble(tag, lengths, good_crc=True):
    segments = b"".join(struct.pack("<IH", length, 8) for length in lengths)
    head = struct.pack("<BB", tag, len(lengths)) + segments.ljust(24, b"\0") + b"\0\0"
    return head + struct.pack("<I", crc32c(head) ^ (0 if good_crc else 1))


def resident_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


class BadBytes(unittest.TestCase):
    """A peer that sends nonsense loses its connection; nobody else notices."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(port=24700)
        cls.cluster.create_pool("data", 8)
        pathlib.Path(f"{cls.cluster.dir}/kept").write_bytes(b"kept" * 1000)
        cls.cluster.rados("data", "put", "kept", f"{cls.cluster.dir}/kept")
        addresses = cls.cluster.ceph_json("osd", "dump")["osds"][0]["public_addrs"]["addrvec"]
        cls.port = next(int(a["addr"].rsplit(":", 1)[1]) for a in addresses if a["type"] == "v2")
        cls.pid = cls.cluster.pid()

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()

    def log_lines(self):
        path = pathlib.Path(f"{self.cluster.dir}/c/osd.0.log")
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    def dropped(self, payload, seconds=60):
        """Sends, and reads until the daemon closes. True if it did."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as peer:
            try:
                peer.sendall(payload)
                while peer.recv(65536):
                    pass
            except (ConnectionResetError, BrokenPipeError):
                pass
            except TimeoutError:
                return False
        return True

    def check_alive(self):
        self.assertTrue(is_running(self.pid), self.cluster.tail_log())
        back = f"{self.cluster.dir}/back"
        self.cluster.rados("data", "get", "kept", back)
        self.assertEqual(pathlib.Path(back).read_bytes(), b"kept" * 1000)

    def test_wrong_banners(self):
        for banner in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"ceph v027" + b"\0" * 300, b"\0" * 64,
                       b"ceph v2\n" + struct.pack("<H", 60000) + b"x" * 100):
            self.assertTrue(self.dropped(banner), banner[:20])
        self.check_alive()

    def test_bad_frames(self):
        hello = 1
        frames = {
            "wrong preamble checksum": preamble(hello, [20], good_crc=False) + b"\0" * 24,
            "no segment": preamble(hello, []) + b"\0" * 24,
            "five segments": struct.pack("<BB", hello, 5) + b"\0" * 30,
            "unknown tag": preamble(99, [8]) + b"\0" * 12,
            "huge declared length": preamble(hello, [0xFFFFFFF0]) + b"\0" * 100,
            "a message before authentication": preamble(17, [41]) + b"\0" * 45,
        }
        for what, frame in frames.items():
            before = len(self.log_lines())
            self.assertTrue(self.dropped(BANNER + frame), what)
            if not IS_STOCK:
                wait_for(f"a log line for {what}", lambda: len(self.log_lines()) > before)
        self.check_alive()

    def test_random_bytes_keep_memory_bounded(self):
        dice = random.Random(11)
        before = resident_kib(self.pid)
        for _ in range(100):
            junk = BANNER * dice.randrange(2) + dice.randbytes(dice.randrange(1, 5000))
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
                peer.sendall(junk)
        silent = []
        for _ in range(50):  # each declares the longest that might pass, and sends nothing
            peer = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            peer.sendall(BANNER + preamble(1, [60_000]))
            silent.append(peer)
        self.check_alive()
        self.assertLess(resident_kib(self.pid) - before, 64 << 10)
        for peer in silent:
            peer.close()

    def test_a_client_with_the_wrong_key(self):
        keyring = pathlib.Path(f"{self.cluster.dir}/wrong.keyring")
        subprocess.run(["ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "client.admin"],
                       check=True, stdout=subprocess.DEVNULL)
        result = self.cluster.run("rados", "-k", keyring, "-p", "data", "ls", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.check_alive()

    def test_a_client_without_the_right_to_write(self):
        keyring = f"{self.cluster.dir}/reader.keyring"
        self.cluster.ceph("auth", "get-or-create", "client.reader", "mon", "allow r", "osd",
                          "allow r pool=data", "-o", keyring)
        reader = ("rados", "-n", "client.reader", "-k", keyring, "-p", "data")
        self.assertIn("kept", self.cluster.run(*reader, "ls").stdout)
        denied = self.cluster.run(*reader, "put", "no", f"{self.cluster.dir}/kept", check=False)
        self.assertNotEqual(denied.returncode, 0)
        self.assertIn("Operation not permitted", denied.stderr)

    def test_a_write_that_is_too_long(self):
        import librados
        cluster = librados.Cluster(self.cluster.conf)
        pool = cluster.pool("data")
        self.assertEqual(pool.write(b"long", ("write", b"x" * (91 << 20), 0)), [-90])
        pool.close()
        cluster.close()
        self.check_alive()


class BadStart(unittest.TestCase):
    """What keeps the daemon from starting is said in one line, with exit code 1."""

    def setUp(self):
        self.dir = pathlib.Path(subprocess.check_output(["mktemp", "-d", "/tmp/loligo-start.XXXXXX"], text=True).strip())
        self.addCleanup(subprocess.run, ["rm", "-rf", self.dir])
        self.fsid = "11111111-2222-3333-4444-555555555555"
        self.write_conf()

    def write_conf(self, extra="", size=1 << 30):
        (self.dir / "osd").mkdir(exist_ok=True)
        (self.dir / "ceph.conf").write_text(f"""[global]
fsid = {self.fsid}
mon host = v2:127.0.0.1:29999
auth cluster required = none
auth service required = none
auth client required = none
osd data = {self.dir}/osd
log file = {self.dir}/log
admin socket =
bluestore block size = {size}
{extra}
""")

    def command(self, *arguments):
        """Without what monitors say: there is none."""
        return [OSD_BIN, "-i", "0", "-c", self.dir / "ceph.conf", "--no-mon-config", *arguments]

    def run_osd(self, *arguments, seconds=120):
        return subprocess.run(self.command(*arguments), timeout=seconds, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)

    def mkfs(self):
        result = self.run_osd("--mkfs", "--osd-uuid", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee")
        self.assertEqual(result.returncode, 0, result.stdout)

    def assert_refused(self, result, *words):
        self.assertEqual(result.returncode, 1, result.stdout)
        log = self.dir / "log"
        said = result.stdout + (log.read_text() if log.exists() else "")
        for word in words:
            self.assertIn(word, said)
        self.assertNotIn("Fatal error", said)

    def test_a_conf_with_a_syntax_error(self):
        self.write_conf(extra="this line says nothing")
        self.assert_refused(self.run_osd("--mkfs"), "ceph.conf:11", "this line says nothing")

    def test_a_conf_that_is_not_there(self):
        (self.dir / "ceph.conf").unlink()
        self.assert_refused(self.run_osd("-f"), "ceph.conf")

    def test_a_value_of_the_wrong_kind(self):
        self.assert_refused(self.run_osd("-f", "--osd-max-write-size", "much"), "osd_max_write_size", "much")

    def test_no_id(self):
        result = subprocess.run([OSD_BIN, "-f"], timeout=120, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("-i", result.stdout)

    def test_a_device_that_is_too_small(self):
        self.write_conf(size=1 << 20)
        self.assert_refused(self.run_osd("--mkfs", "--osd-uuid", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"), "too small")

    def test_a_directory_of_another_cluster(self):
        self.mkfs()
        self.fsid = "99999999-2222-3333-4444-555555555555"
        self.write_conf()
        self.assert_refused(self.run_osd("-f"), "11111111-2222-3333-4444-555555555555", self.fsid)

    def test_a_device_that_was_never_formatted(self):
        (self.dir / "osd/block").write_bytes(b"\0" * (1 << 20))
        self.assert_refused(self.run_osd("-f"), "--mkfs")

    def test_a_second_daemon_on_the_same_device(self):
        self.mkfs()
        first = subprocess.Popen(self.command("-f"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            log = self.dir / "log"
            wait_for("the first one to have its device", lambda: log.exists() and "mounted" in log.read_text())
            self.assert_refused(self.run_osd("-f"), "in use")
            self.assertIsNone(first.poll())
        finally:
            first.kill()
            first.wait(60)

    def test_version_and_help(self):
        self.assertTrue(self.run_osd("--version").stdout.startswith("ceph version 16.2"))
        self.assertIn("--mkfs", self.run_osd("--help").stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
