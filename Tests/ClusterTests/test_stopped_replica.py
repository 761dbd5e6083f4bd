"""A replica that stands still, and is not marked down: nobody's memory grows with what waits for it.

LOLIGO_STOP_SECONDS (6) is how long it stands still under each load.
"""
import os
import re
import signal
import subprocess
import time
import unittest
from pathlib import Path

from harness import GIB, Cluster, wait_for

SECONDS = int(os.environ.get("LOLIGO_STOP_SECONDS", "6"))
# What 256 writes of 64 KiB may take in buffers, twice over (the client's message, the replica's), and what the
# PGs' logs and the index's changes take.
GROWTH_MAX_MIB = 96
# So small that `fill_caches` fills them: what they take later is no growth, however fast the daemons are.
CACHES = ["loligo_store_data_cache_bytes = 8388608", "loligo_store_onode_cache_bytes = 2097152"]


def resident_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) >> 10


class StoppedReplica(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(osds=3, port=26300, size=4 * GIB, pool_size=3, settings=[
            "osd_heartbeat_grace = 600", "osd_op_complaint_time = 600", *CACHES])
        cls.cluster.wait_up(3)
        cls.cluster.ceph("osd", "set", "nodown")
        cls.cluster.create_pool("stopped", pgs=8)
        cls.pids = [cls.cluster.pid(f"osd.{osd}") for osd in range(3)]

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()

    def writes(self):
        return sum(self.cluster.daemon("perf", "dump", "osd", osd=osd)["osd"]["op_w"] for osd in range(3))

    def fill_caches(self, size):
        """By count, not by time: what they take is no growth."""
        self.cluster.rados("stopped", "bench", "600", "write", "-b", size, "-t", "256", "--max-objects", "3000",
                           "--no-cleanup", "--run-name", f"first{size}", timeout=660)

    def bench(self, size, seconds):
        return subprocess.Popen(
            ["rados", "-p", "stopped", "bench", str(seconds), "write", "-b", str(size), "-t", "256", "--no-cleanup",
             "--run-name", f"r{size}"], env=self.cluster.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def stand_still(self, size):
        """RSS of all OSDs: before the stop, the most in it and after it, and at the end."""
        self.fill_caches(size)
        writes = self.writes()
        run = self.bench(size, SECONDS + 4)
        self.addCleanup(run.kill)
        wait_for("as many writes as are under way at a time", lambda: self.writes() - writes > 256)
        before = [resident_mib(pid) for pid in self.pids]
        most = list(before)
        os.kill(self.pids[2], signal.SIGSTOP)
        self.addCleanup(os.kill, self.pids[2], signal.SIGCONT)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            most = [max(pair) for pair in zip(most, map(resident_mib, self.pids))]
            time.sleep(0.1)
        os.kill(self.pids[2], signal.SIGCONT)
        out, _ = run.communicate(timeout=240)
        self.assertEqual(run.returncode, 0, out)
        self.assertIn("Total writes made", out)
        after = [resident_mib(pid) for pid in self.pids]
        most = [max(pair) for pair in zip(most, after)]
        print(f"{size} bytes, replica stopped for {SECONDS} s: MiB before {before}, most {most}, after {after}")
        return before, most

    def check(self, size):
        before, most = self.stand_still(size)
        for osd in range(3):
            self.assertLess(most[osd] - before[osd], GROWTH_MAX_MIB, f"osd.{osd}")

    def test_writes_of_4_kib(self):
        self.check(4096)

    def test_writes_of_64_kib(self):
        self.check(65536)


if __name__ == "__main__":
    unittest.main(verbosity=2)
