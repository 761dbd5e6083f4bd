"""Pools that get more PGs, and fewer, while clients write: on OSDs under test alone, and shared with stock ones."""
import hashlib
import random
import shutil
import subprocess
import unittest

from harness import GIB, OSD_BIN, Cluster, wait_for


class NumbersOfPGs:
    """What must hold whatever the OSDs are."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(osds=4, osd_bin=cls.bins, port=cls.port, size=3 * GIB, settings=[
            "osd_pool_default_pg_autoscale_mode = off", "mgr_tick_period = 1"])
        cls.cluster.wait_up(4)
        cls.cluster.create_pool("numbers", pgs=4)
        cls.cluster.ceph("osd", "pool", "set", "numbers", "size", "3")
        cls.random = random.Random(11)

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()

    def put(self, name):
        data = self.random.randbytes(self.random.randrange(200_000))
        path = f"{self.cluster.dir}/object"
        with open(path, "wb") as file:
            file.write(data)
        self.cluster.rados("numbers", "put", name, path)
        self.cluster.rados("numbers", "setomapval", name, "name", name)
        return hashlib.sha256(data).digest()

    def check(self, stored):
        path = f"{self.cluster.dir}/back"
        for name, digest in stored.items():
            self.cluster.rados("numbers", "get", name, path)
            with open(path, "rb") as file:
                self.assertEqual(hashlib.sha256(file.read()).digest(), digest, name)
            self.assertEqual(self.cluster.rados("numbers", "listomapkeys", name).stdout.split(), ["name"])

    def set_count(self, count):
        self.cluster.ceph("osd", "pool", "set", "numbers", "pg_num", str(count))
        self.cluster.ceph("osd", "pool", "set", "numbers", "pgp_num", str(count))

        def is_there():
            pool = next(p for p in self.cluster.ceph_json("osd", "dump")["pools"] if p["pool_name"] == "numbers")
            return pool["pg_num"] == pool["pg_placement_num"] == count and self.cluster.clean_pgs("numbers") == count

        wait_for(f"{count} PGs, active+clean", is_there, pause=1)

    def test_splits_and_merges_under_load_lose_nothing(self):
        stored = {f"kept.{number}": self.put(f"kept.{number}") for number in range(8)}
        bench = subprocess.Popen(
            ["rados", "-p", "numbers", "bench", "20", "write", "-b", "8192", "-t", "4", "--no-cleanup",
             "--run-name", "load"],
            env=self.cluster.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            self.set_count(8)
            self.set_count(5)
            _, words = bench.communicate(timeout=240)
            self.assertEqual(bench.returncode, 0, words)
        finally:
            bench.kill()
            bench.wait()
        self.check(stored)
        listed = self.cluster.rados("numbers", "ls").stdout.split()
        self.assertEqual(len(listed), len(set(listed)))
        self.assertLessEqual(set(stored), set(listed))
        read = self.cluster.rados("numbers", "bench", "600", "seq", "-t", "8", "--run-name", "load", timeout=660)
        written = sum(name.startswith("benchmark_data") for name in listed)
        self.assertIn(f"Total reads made:     {written}", read.stdout)


class OursAlone(NumbersOfPGs, unittest.TestCase):
    bins = OSD_BIN
    port = 25300


@unittest.skipUnless(shutil.which("ceph-osd"), "Scripts/test installs ceph-osd")
class SharedWithStock(NumbersOfPGs, unittest.TestCase):
    bins = f"{OSD_BIN},ceph-osd"
    port = 25400


if __name__ == "__main__":
    unittest.main(verbosity=2)
