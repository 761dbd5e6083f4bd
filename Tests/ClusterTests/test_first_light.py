"""Stock clients store and read objects on one OSD, under a stock monitor and manager."""
import datetime
import hashlib
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import threading
import unittest

from harness import Cluster, IS_STOCK, wait_for


def seconds_to_clean(visits):
    """Of a PG's history, from when it came into being."""
    first, last = (datetime.datetime.strptime(visit["states"][-1]["exit"], "%Y-%m-%dT%H:%M:%S.%f%z")
                   for visit in (visits[0], visits[-1]))
    return (last - first).total_seconds()


class FirstLight:
    """The cases, run once with cephx and once without (see the subclasses)."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(auth=cls.auth, port=cls.port)
        cls.cluster.create_pool("data", 32)
        cls.work = pathlib.Path(cls.cluster.dir)

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()

    def file(self, name, size, seed=1):
        path = self.work / name
        path.write_bytes(random.Random(seed).randbytes(size))
        return path

    def test_a_pool_of_32_pgs_is_clean_within_10_seconds(self):
        """By the OSD's own clock: the manager may hear of it later."""
        pool = next(p["pool"] for p in self.cluster.ceph_json("osd", "dump")["pools"] if p["pool_name"] == "data")
        pgs = [pg for pg in self.cluster.daemon("dump_pgstate_history")["pgs"] if pg["pg"].startswith(f"{pool}.")]
        self.assertEqual([pg["currently"] for pg in pgs], ["Started/Primary/Active/Clean"] * 32)
        for pg in pgs:
            self.assertLess(seconds_to_clean(pg["history"]), 10, pg)

    def test_put_get_stat_ls_rm(self):
        for size in (0, 1, 4096, 5000, 4 << 20, 9_000_001):
            source = self.file("source", size, seed=size)
            self.cluster.rados("data", "put", f"object-{size}", source)
            self.cluster.rados("data", "get", f"object-{size}", self.work / "back")
            self.assertEqual(source.read_bytes(), (self.work / "back").read_bytes())
            self.assertIn(f"size {size}", self.cluster.rados("data", "stat", f"object-{size}").stdout)
        names = self.cluster.rados("data", "ls").stdout.split()
        self.assertIn("object-5000", names)
        self.cluster.rados("data", "rm", "object-5000")
        self.assertNotIn("object-5000", self.cluster.rados("data", "ls").stdout.split())
        gone = self.cluster.rados("data", "stat", "object-5000", check=False)
        self.assertNotEqual(gone.returncode, 0)
        self.assertIn("No such file", gone.stderr)

    def test_xattrs_and_omap(self):
        run = self.cluster.rados
        run("data", "put", "attributed", self.file("source", 10))
        run("data", "setxattr", "attributed", "color", "blue")
        run("data", "setxattr", "attributed", "shape", "round")
        self.assertEqual(run("data", "getxattr", "attributed", "color").stdout, "blue")
        self.assertEqual(run("data", "listxattr", "attributed").stdout.split(), ["color", "shape"])
        run("data", "rmxattr", "attributed", "color")
        self.assertEqual(run("data", "listxattr", "attributed").stdout.split(), ["shape"])
        for key in ("b", "a", "c"):
            run("data", "setomapval", "attributed", key, f"value-{key}")
        self.assertEqual(run("data", "listomapkeys", "attributed").stdout.split(), ["a", "b", "c"])
        listed = run("data", "listomapvals", "attributed").stdout
        self.assertIn("value (7 bytes)", listed)
        run("data", "rmomapkey", "attributed", "b")
        self.assertEqual(run("data", "listomapkeys", "attributed").stdout.split(), ["a", "c"])
        run("data", "setomapheader", "attributed", "head")
        self.assertIn("head", run("data", "getomapheader", "attributed").stdout)

    def test_namespaces_and_locators(self):
        run = self.cluster.rados
        run("data", "-N", "here", "put", "same", self.file("one", 11))
        run("data", "-N", "there", "put", "same", self.file("two", 22))
        self.assertIn("size 11", run("data", "-N", "here", "stat", "same").stdout)
        self.assertIn("size 22", run("data", "-N", "there", "stat", "same").stdout)
        self.assertEqual(run("data", "-N", "here", "ls").stdout.split(), ["same"])
        run("data", "--object-locator", "near", "put", "located", self.file("three", 33))
        self.assertIn("size 33", run("data", "--object-locator", "near", "stat", "located").stdout)

    def test_bench_and_df(self):
        run = self.cluster.rados
        run("data", "bench", "2", "write", "-b", "4096", "-t", "16", "--no-cleanup", "--run-name", "b")
        for mode in ("seq", "rand"):
            out = run("data", "bench", "2", mode, "-t", "16", "--run-name", "b").stdout
            self.assertIn("Total reads made", out)
        wait_for("objects in rados df", lambda: int(json.loads(
            self.cluster.run("rados", "df", "-f", "json").stdout)["total_objects"]) > 0)
        run("data", "cleanup", "--run-name", "b")

    def test_export_and_import(self):
        run, pool = self.cluster.rados, "moved"
        self.cluster.create_pool(pool, 8)
        run(pool, "put", "whole", self.file("whole", 100_000))
        run(pool, "setxattr", "whole", "k", "v")
        run(pool, "setomapval", "whole", "key", "value")
        run(pool, "export", self.work / "dump")
        run(pool, "rm", "whole")
        run(pool, "import", self.work / "dump")
        run(pool, "get", "whole", self.work / "back")
        self.assertEqual((self.work / "whole").read_bytes(), (self.work / "back").read_bytes())
        self.assertEqual(run(pool, "getxattr", "whole", "k").stdout, "v")
        self.assertEqual(run(pool, "listomapkeys", "whole").stdout.split(), ["key"])
        self.cluster.ceph("osd", "pool", "rm", pool, pool, "--yes-i-really-really-mean-it")

    def test_reports_reach_the_manager(self):
        c = self.cluster
        c.rados("data", "put", "reported", self.file("source", 1 << 20))
        wait_for("bytes in ceph df", lambda: next(
            p for p in c.ceph_json("df")["pools"] if p["name"] == "data")["stats"]["stored"] >= 1 << 20)
        node = c.ceph_json("osd", "df")["nodes"][0]
        self.assertGreater(node["kb"], 1 << 20)
        self.assertEqual(node["status"], "up")
        tree = c.ceph_json("osd", "tree")["nodes"]
        self.assertIn("osd.0", [n["name"] for n in tree])
        metadata = c.ceph_json("osd", "metadata", "0")
        for key in ("hostname", "ceph_version", "front_addr", "back_addr", "osd_objectstore"):
            self.assertTrue(metadata[key], key)
        self.assertEqual(c.ceph_json("osd", "perf")["osdstats"]["osd_perf_infos"][0]["id"], 0)
        self.assertTrue(c.ceph_json("pg", "dump")["pg_map"]["pg_stats"])

    def test_tell_and_daemon_commands(self):
        c = self.cluster
        self.assertEqual(json.loads(c.ceph("tell", "osd.0", "version"))["version"].split("-")[0], "16.2.15")
        self.assertEqual(json.loads(c.ceph("tell", "osd.0", "config", "show"))["name"], "osd.0")
        for command in ("help", "version", "status", "perf dump", "perf schema", "config show",
                        "dump_ops_in_flight"):
            self.assertIsInstance(c.daemon(*command.split()), dict, command)
        self.assertEqual(c.daemon("status")["whoami"], 0)
        pg = c.ceph_json("pg", "ls-by-pool", "data")
        pgid = (pg["pg_stats"] if isinstance(pg, dict) else pg)[0]["pgid"]
        self.assertEqual(json.loads(c.ceph("pg", pgid, "query"))["state"], "active+clean")


class FirstLightCephx(FirstLight, unittest.TestCase):
    auth = "cephx"
    port = 24300


class FirstLightNone(FirstLight, unittest.TestCase):
    auth = "none"
    port = 24400


class Durability(unittest.TestCase):
    """What was acknowledged is there after kill -9."""

    def setUp(self):
        self.cluster = Cluster(port=24500)
        self.addCleanup(self.cluster.stop)
        self.cluster.create_pool("data", 32)

    def test_a_thousand_objects_survive_kill_in_mid_write(self):
        import rados
        cluster = rados.Rados(conffile=self.cluster.conf)
        cluster.connect(timeout=240)
        self.addCleanup(cluster.shutdown)
        ioctx = cluster.open_ioctx("data")
        dice = random.Random(7)
        sizes = [min(int(dice.paretovariate(0.35)) * 64, 16 << 20) for _ in range(995)]
        sizes += [0, 1, 4096, 4097, 16 << 20]
        started, acknowledged, lock = {}, {}, threading.Lock()

        def content(index):
            return random.Random(index).randbytes(sizes[index])

        def done(index):
            def callback(completion):
                if completion.get_return_value() == 0:
                    with lock:
                        acknowledged[index] = True
            return callback

        kill_at = 600
        pending = []
        for index in range(len(sizes)):
            started[index] = True
            pending.append(ioctx.aio_write_full(f"o{index}", content(index), oncomplete=done(index)))
            if index == kill_at:
                self.cluster.kill()
                before = dict(acknowledged)
                self.cluster.start_osd()
            while len(pending) > 32:
                pending.pop(0).wait_for_complete_and_cb()
        for completion in pending:
            completion.wait_for_complete_and_cb()
        self.assertEqual(len(acknowledged), len(sizes))
        self.cluster.kill()
        self.cluster.start_osd()
        self.cluster.wait_up()
        for index in range(len(sizes)):
            data = ioctx.read(f"o{index}", 17 << 20)
            self.assertEqual(hashlib.sha256(data).digest(), hashlib.sha256(content(index)).digest(), f"o{index}")
        print(f"{sum(sizes)} bytes in {len(sizes)} objects; {len(before)} acknowledged before the first kill")
        ioctx.close()

    def test_the_device_and_the_key_are_enough_to_start(self):
        if IS_STOCK:
            self.skipTest("the stock daemon needs its other files")
        source = pathlib.Path(self.cluster.dir) / "source"
        source.write_bytes(os.urandom(300_000))
        for name in ("a", "b", "c"):
            self.cluster.rados("data", "put", name, source)
        self.cluster.terminate()
        data = pathlib.Path(self.cluster.dir) / "c/osd.0"
        for path in data.iterdir():
            if path.name not in ("block", "keyring"):
                path.unlink()
        self.cluster.start_osd()
        self.cluster.wait_up()
        for name in ("a", "b", "c"):
            self.cluster.rados("data", "get", name, str(source) + ".back")
            self.assertEqual(source.read_bytes(), pathlib.Path(str(source) + ".back").read_bytes())

    def test_a_crash_leaves_a_line_and_a_backtrace_in_the_log(self):
        self.cluster.kill(0, signal.SIGILL)
        log = pathlib.Path(f"{self.cluster.dir}/c/osd.0.log").read_text(errors="replace")
        line = re.search(r"\*\*\* Caught signal .*\(Illegal instruction\).*", log)
        self.assertTrue(line, self.cluster.tail_log())
        self.assertGreater(log[line.end():].count("+0x"), 3)
        self.cluster.start_osd()
        self.cluster.wait_up()

    def test_term_marks_it_down_at_once(self):
        """By its own word: there is nobody to tell of it, and the monitor would believe its silence after 15 minutes."""
        self.cluster.terminate()
        self.cluster.wait_down()


if __name__ == "__main__":
    unittest.main(verbosity=2)
