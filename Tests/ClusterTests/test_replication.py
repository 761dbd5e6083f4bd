"""Pools of three copies: on OSDs under test alone, and shared with stock ones; OSDs die and come back."""
import hashlib
import random
import shutil
import subprocess
import time
import unittest

import librados
from harness import GIB, OSD_BIN, Cluster, wait_for
from recovery_control import RecoveryControl

BALANCE_READS = 1  # LIBRADOS_OPERATION_BALANCE_READS


class ThreeCopies(RecoveryControl):
    """What must hold whatever the OSDs are."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(osds=3, osd_bin=cls.bins, port=cls.port, size=3 * GIB, settings=[
            "osd_pool_default_min_size = 2", "osd_heartbeat_grace = 6", "osd_heartbeat_interval = 2",
            "mgr_stats_period = 1"])
        cls.cluster.wait_up(3)
        cls.cluster.create_pool("three", pgs=16)
        cls.cluster.ceph("osd", "pool", "set", "three", "size", "3")
        cls.random = random.Random(7)
        cls.stored = {}

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()

    def put(self, name, most=1 << 20):
        data = self.random.randbytes(self.random.randrange(most))
        path = f"{self.cluster.dir}/object"
        with open(path, "wb") as file:
            file.write(data)
        self.cluster.rados("three", "put", name, path)
        self.stored[name] = hashlib.sha256(data).digest()

    def check_all(self):
        path = f"{self.cluster.dir}/back"
        for name, digest in self.stored.items():
            self.cluster.rados("three", "get", name, path)
            with open(path, "rb") as file:
                self.assertEqual(hashlib.sha256(file.read()).digest(), digest, name)

    def wait_clean(self):
        wait_for("all PGs active+clean", lambda: self.cluster.clean_pgs("three") == 16, pause=1)

    def wait_placed(self, osds):
        """Until every PG is on these, as the manager has heard."""
        wait_for(f"all PGs on {osds}", lambda: all(
            sorted(pg["up"]) == osds for pg in self.steered_pgs().values()), pause=1)

    def test_each_osd_may_die_and_gets_what_it_missed(self):
        self.wait_clean()
        for number in range(30):
            self.put(f"before.{number}")
        for victim in range(3):
            self.cluster.kill(victim)
            self.cluster.wait_up(2)
            for number in range(8):
                self.put(f"during.{victim}.{number}")
                self.put(f"before.{self.random.randrange(30)}")
            self.cluster.rados("three", "setxattr", "before.0", "victim", str(victim))
            self.cluster.rados("three", "setomapval", "before.1", f"key.{victim}", str(victim))
            self.cluster.start_osd(victim)
            self.cluster.wait_up(3)
            self.wait_clean()
            self.check_all()
        self.assertEqual(self.cluster.rados("three", "getxattr", "before.0", "victim").stdout, "2")
        keys = self.cluster.rados("three", "listomapkeys", "before.1").stdout.split()
        self.assertEqual(keys, ["key.0", "key.1", "key.2"])

    def reads_served(self):
        """How many reads each OSD has answered."""
        return [self.cluster.daemon("perf", "dump", osd=osd)["osd"]["op_r"] for osd in range(3)]

    def test_any_copy_answers_reads_that_may_go_to_any(self):
        self.wait_clean()
        mine, number = [], 0
        while len(mine) < 6:
            name, number = f"read.{number}", number + 1
            if self.cluster.ceph_json("osd", "map", "three", name)["acting_primary"] == 0:
                self.put(name, 4096)
                mine.append(name)
        # That all copies have a write is told with the next one in its PG.
        for number in range(100):
            self.put(f"later.{number}", 100)
        cluster = librados.Cluster(self.cluster.conf)
        self.addCleanup(cluster.close)
        pool = cluster.pool("three")
        self.addCleanup(pool.close)
        before = self.reads_served()
        for _ in range(20):
            for name in mine:
                data = pool.read(name.encode(), ("read", 0, 8192), flags=BALANCE_READS)[1][2]
                self.assertEqual(hashlib.sha256(data).digest(), self.stored[name], name)
        served = [after - first for after, first in zip(self.reads_served(), before)]
        print(f"reads that any copy may answer, primary first: {served}")
        # EAGAIN counts as an answer to the stock daemon; a third of the reads each is what chance gives.
        self.assertGreater(served[1], 15)
        self.assertGreater(served[2], 15)
        self.assertLess(served[0], 90, "replicas have left their reads to the primary")

    def test_osds_that_are_out_lose_their_data_to_others(self):
        for number in range(20):
            self.put(f"moved.{number}")
        self.cluster.ceph("osd", "pool", "set", "three", "size", "2")
        self.cluster.ceph("osd", "out", "0")
        self.wait_placed([1, 2])
        self.wait_clean()
        self.check_all()
        self.cluster.ceph("osd", "in", "0")
        self.cluster.ceph("osd", "pool", "set", "three", "size", "3")
        self.wait_placed([0, 1, 2])
        self.wait_clean()
        self.check_all()

    def test_a_bench_runs_through_the_death_of_each_osd(self):
        self.wait_clean()
        bench = subprocess.Popen(
            ["rados", "-p", "three", "bench", "25", "write", "-b", "16384", "-t", "8"], env=self.cluster.env,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            for victim in range(3):
                time.sleep(2)
                self.cluster.kill(victim)
                self.cluster.wait_up(2)
                time.sleep(1)
                self.cluster.start_osd(victim)
                self.cluster.wait_up(3)
                self.wait_clean()
            output, _ = bench.communicate(timeout=240)
        finally:
            bench.kill()
        self.assertEqual(bench.returncode, 0, output)
        self.assertNotIn("error", output.lower())
        self.wait_clean()

    def test_an_osd_that_lost_its_data_gets_all_of_it_back(self):
        for number in range(20):
            self.put(f"lost.{number}")
        self.wait_clean()
        for victim in (0, 1):
            self.cluster.kill(victim)
            self.cluster.wait_up(2)
            self.cluster.empty_osd(victim)
            self.cluster.start_osd(victim)
            self.cluster.wait_up(3)
            self.wait_clean()
        # Two of three copies are copies of copies now: the third goes, so that they are read.
        self.cluster.kill(2)
        self.cluster.wait_up(2)
        self.check_all()
        self.cluster.start_osd(2)
        self.cluster.wait_up(3)
        self.wait_clean()


class OursAlone(ThreeCopies, unittest.TestCase):
    bins = OSD_BIN
    port = 25500


@unittest.skipUnless(shutil.which("ceph-osd"), "Scripts/test installs ceph-osd")
class SharedWithStock(ThreeCopies, unittest.TestCase):
    bins = f"{OSD_BIN},ceph-osd"
    port = 25600


if __name__ == "__main__":
    unittest.main(verbosity=2)
