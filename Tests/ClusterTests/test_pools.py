"""Pools that come, go, split and fill up, and the ways the daemon can be set up."""
import json
import pathlib
import re
import signal
import time
import unittest

import librados
from harness import Cluster, IS_STOCK, OSD_BIN, wait_for

MIB = 1 << 20


class Pools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(port=24800, size=6 << 30)
        cls.client = librados.Cluster(cls.cluster.conf)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.cluster.stop()

    def pool(self, name, pgs=8):
        self.cluster.create_pool(name, pgs)
        pool = self.client.pool(name)
        self.addCleanup(pool.close)
        return pool

    def test_pg_numbers_grow_under_load(self):
        pool = self.pool("split", 4)
        names = [f"object-{n}".encode() for n in range(300)]
        for name in names[:150]:
            self.assertEqual(pool.write(name, ("write_full", name * 10), ("setxattr", b"k", name)), [0])
        self.cluster.ceph("osd", "pool", "set", "split", "pg_num", "16")
        for name in names[150:]:
            self.assertEqual(pool.write(name, ("write_full", name * 10), ("setxattr", b"k", name)), [0])
        wait_for("16 PGs active+clean", lambda: self.cluster.clean_pgs("split") == 16)
        for name in names:
            self.assertEqual(pool.read(name, ("read", 0, 1000))[1][2], name * 10)
        self.assertEqual(pool.list(), sorted((b"", name, b"") for name in names))
        self.cluster.kill()
        self.cluster.start_osd()
        self.cluster.wait_up()
        for name in names:
            self.assertEqual(pool.read(name, ("read", 0, 1000))[1][2], name * 10)
        self.assertEqual(len(pool.list()), 300)

    def test_a_pool_that_goes_takes_its_pgs_and_space(self):
        pool = self.pool("gone")
        for n in range(16):
            pool.write(b"o%d" % n, ("write_full", b"x" * (4 * MIB)))

        def used():
            return self.cluster.ceph_json("osd", "df")["nodes"][0]["kb_used_data"]

        wait_for("64 MiB in use", lambda: used() >= 60 * 1024)
        listed = self.cluster.ceph_json("pg", "ls-by-pool", "gone")
        pgs = {pg["pgid"] for pg in (listed["pg_stats"] if isinstance(listed, dict) else listed)}

        def here():
            return pgs & {pg["pg"] for pg in self.cluster.daemon("dump_pgstate_history")["pgs"]}
        self.assertEqual((here(), len(pgs)), (pgs, 8))
        before = used()
        self.cluster.ceph("osd", "pool", "rm", "gone", "gone", "--yes-i-really-really-mean-it")
        wait_for("its PGs gone", lambda: not here())
        wait_for("its space free", lambda: used() < before - 50 * 1024)

    def test_quota(self):
        pool = self.pool("quota", 1)
        self.cluster.ceph("osd", "pool", "set-quota", "quota", "max_objects", "3")
        for n in range(5):
            pool.write(b"o%d" % n, ("create",))
        wait_for("the pool is full by quota", lambda: any(
            p["pool_name"] == "quota" and "full_quota" in p["flags_names"]
            for p in self.cluster.ceph_json("osd", "dump")["pools"]))
        full_try = 64  # LIBRADOS_OPERATION_FULL_TRY
        wait_for("EDQUOT", lambda: pool.write(b"new", ("write_full", b"x"), flags=full_try) == [-122])
        self.assertEqual(pool.read(b"o1", ("stat",)), [0, (0, 0)])
        self.assertEqual(pool.write(b"o1", ("remove",), flags=128), [0])  # LIBRADOS_OPERATION_FULL_FORCE

    def test_pg_query_and_dump_agree(self):
        pool = self.pool("asked", 4)
        pool.write(b"one", ("write_full", b"12345"))
        listed = wait_for_stat(self.cluster, "asked", "num_objects", 1)
        pgid = next(p["pgid"] for p in listed if p["stat_sum"]["num_objects"] == 1)
        query = json.loads(self.cluster.ceph("pg", pgid, "query"))
        self.assertEqual(query["state"], "active+clean")
        self.assertEqual(query["up"], [0])
        self.assertEqual(query["acting"], [0])
        self.assertEqual(query["info"]["stats"]["stat_sum"]["num_bytes"], 5)
        self.assertEqual(query["info"]["pgid"], pgid)


def wait_for_stat(cluster, pool, name, value):
    found = []

    def there():
        listed = cluster.ceph_json("pg", "ls-by-pool", pool)
        found[:] = listed["pg_stats"] if isinstance(listed, dict) else listed
        return sum(p["stat_sum"][name] for p in found) == value
    wait_for(f"{name} = {value} in {pool}", there)
    return found


class Full(unittest.TestCase):
    """A device that fills: reported, writes held, reads served, freed again."""

    def test_a_device_fills_and_is_freed(self):
        cluster = Cluster(port=24850, size=2 << 30,
                          settings=("mon osd full ratio = 0.55", "mon osd backfillfull ratio = 0.5",
                                    "mon osd nearfull ratio = 0.45"))
        self.addCleanup(cluster.stop)
        cluster.create_pool("data", 8)
        client = librados.Cluster(cluster.conf)
        self.addCleanup(client.close)
        pool = client.pool("data")
        block = b"f" * (4 * MIB)
        full_try = 64

        def osd_state():
            return cluster.ceph_json("osd", "dump")["osds"][0]["state"]

        written = 0
        for written in range(500):
            if pool.write(b"o%d" % written, ("write_full", block), flags=full_try) == [-28]:
                break
            if written % 20 == 19 and "full" in osd_state():
                break
        self.assertGreater(written, 50)
        wait_for("the OSD is full in the map", lambda: "full" in osd_state())
        wait_for("ENOSPC", lambda: pool.write(b"more", ("write_full", block), flags=full_try) == [-28])
        self.assertEqual(pool.read(b"o0", ("stat",)), [0, (0, 4 * MIB)])
        for n in range(written):
            if n % 3:
                self.assertIn(pool.write(b"o%d" % n, ("remove",), flags=128), ([0], [-2]))
        wait_for("not full any more", lambda: "full" not in osd_state())
        wait_for("writes go on", lambda: pool.write(b"again", ("write_full", block), flags=full_try) == [0])
        self.assertEqual(pool.read(b"again", ("read", 0, 10))[1][2], b"f" * 10)

    @unittest.skipIf(IS_STOCK, "the stock daemon waits until it is restarted")
    def test_what_is_full_in_the_map_only_boots(self):
        """It was full when it was marked down and is not now; monitors hear that from who has booted."""
        cluster = Cluster(port=24850, size=2 << 30)
        self.addCleanup(cluster.stop)

        def state():
            return cluster.ceph_json("osd", "dump")["osds"][0]["state"]

        def set_ratios(*ratios):
            for name, ratio in zip(("nearfull", "backfillfull", "full"), ratios):
                cluster.ceph("osd", f"set-{name}-ratio", str(ratio))
        cluster.wait_up()
        set_ratios(0.001, 0.001, 0.001)
        wait_for("full", lambda: "full" in state())
        cluster.ceph("osd", "set", "noup")
        cluster.ceph("osd", "down", "0")
        wait_for("down", lambda: "up" not in state())
        set_ratios(0.85, 0.9, 0.95)
        cluster.ceph("osd", "unset", "noup")
        wait_for("up and not full", lambda: "up" in state() and "full" not in state())

    def test_a_device_that_is_full_to_the_last_byte_serves_on(self):
        cluster = Cluster(port=25100, size=2 << 30)
        self.addCleanup(cluster.stop)
        cluster.create_pool("data", 8)
        client = librados.Cluster(cluster.conf)
        self.addCleanup(client.close)
        pool = client.pool("data")
        full_try = 64
        written = {}

        def fill(size):
            block = b"f" * size
            for n in range(3000):
                name = b"%d-%d" % (size, len(written))
                if pool.write(name, ("write_full", block), flags=full_try) == [-28]:
                    return
                written[name] = size
            self.fail("never full")

        for ratio in ("0.99", "1.0"):
            for kind in ("full", "backfillfull", "nearfull"):
                cluster.ceph("osd", f"set-{kind}-ratio", ratio)
            wait_for("the ratio",
                     lambda: abs(cluster.ceph_json("osd", "dump")["full_ratio"] - float(ratio)) < 1e-4)
            epoch = cluster.ceph_json("osd", "dump")["epoch"]
            wait_for("the OSD to have the map", lambda: cluster.daemon("status")["newest_map"] >= epoch)
            time.sleep(2)
            for size in (4 * MIB, 64 << 10, 4 << 10):
                fill(size)
            self.assertGreater(sum(written.values()), 0.88 * (2 << 30))
        names = sorted(written)
        self.assertEqual(pool.read(names[0], ("stat",)), [0, (0, written[names[0]])])
        cluster.kill()
        cluster.start_osd()
        cluster.wait_up()
        for name in names[::20]:
            self.assertEqual(pool.read(name, ("read", 0, 10))[1][2], b"f" * 10)
        for name in names:
            self.assertEqual(pool.write(name, ("remove",), flags=128), [0])
        wait_for("writes go on", lambda: pool.write(b"again", ("write_full", b"f" * MIB), flags=full_try) == [0])
        written.clear()
        fill(4 * MIB)
        self.assertGreater(sum(written.values()), 0.88 * (2 << 30))


class Settings(unittest.TestCase):
    """Other event drivers, numbers of reactors and connection modes serve as well."""

    def serve(self, port, *settings):
        cluster = Cluster(port=port, settings=settings)
        self.addCleanup(cluster.stop)
        cluster.create_pool("data", 8)
        source = pathlib.Path(cluster.dir) / "source"
        source.write_bytes(bytes(range(256)) * 20_000)
        for n in range(5):
            cluster.rados("data", "put", f"o{n}", source)
        cluster.kill()
        cluster.start_osd()
        cluster.wait_up()
        for n in range(5):
            cluster.rados("data", "get", f"o{n}", f"{source}.back")
            self.assertEqual(source.read_bytes(), pathlib.Path(f"{source}.back").read_bytes())
        return cluster

    def test_epoll_with_one_reactor(self):
        cluster = self.serve(24900, "loligo event driver = epoll", "loligo reactors = 1")
        if not IS_STOCK:
            self.assertIn("1 reactors on epoll", pathlib.Path(f"{cluster.dir}/c/osd.0.log").read_text())

    def test_uring_with_three_reactors_and_secure_connections(self):
        cluster = self.serve(24950, "loligo event driver = io_uring", "loligo reactors = 3",
                             "ms client mode = secure", "ms service mode = secure")
        if not IS_STOCK:
            self.assertIn("3 reactors on io_uring", pathlib.Path(f"{cluster.dir}/c/osd.0.log").read_text())

    def test_central_configuration_reaches_the_daemon(self):
        cluster = Cluster(port=25000)
        self.addCleanup(cluster.stop)
        cluster.ceph("config", "set", "osd.0", "osd_op_complaint_time", "7")
        wait_for("the new value", lambda: cluster.daemon("config", "get", "osd_op_complaint_time")
                 ["osd_op_complaint_time"].startswith("7"))
        cluster.ceph("tell", "osd.0", "config", "set", "debug_osd", "3/5")
        self.assertEqual(cluster.daemon("config", "get", "debug_osd"), {"debug_osd": "3/5"})
        cluster.ceph("config", "set", "osd", "loligo_reactors", "3", "--force")
        cluster.terminate()
        self.check_strangers_are_refused(cluster)
        cluster.start_osd()
        cluster.wait_up()
        if not IS_STOCK:
            log = pathlib.Path(f"{cluster.dir}/c/osd.0.log").read_text()
            self.assertEqual(re.findall(r"(\d) reactors on", log)[-1], "3")

    def check_strangers_are_refused(self, cluster):
        """Who has the wrong key says so and ends."""
        keyring = f"{cluster.dir}/wrong"
        cluster.run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "osd.0")
        ended = cluster.run(OSD_BIN, "-i", 0, "-c", cluster.conf, "-f", "--keyring", keyring, check=False)
        self.assertEqual(ended.returncode, 1)
        if not IS_STOCK:
            self.assertRegex(ended.stderr, "the monitors refuse us")

    def test_the_log_is_reopened_on_hup(self):
        cluster = Cluster(port=25050)
        self.addCleanup(cluster.stop)
        log = pathlib.Path(f"{cluster.dir}/c/osd.0.log")
        log.rename(f"{log}.1")
        cluster.signal(0, signal.SIGHUP)
        wait_for("a new log file", log.exists)
        line = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000 [0-9a-f]+ [ -]?\d+ ")
        for text in pathlib.Path(f"{log}.1").read_text().splitlines():
            if not IS_STOCK:
                self.assertRegex(text, line)


if __name__ == "__main__":
    unittest.main(verbosity=2)
