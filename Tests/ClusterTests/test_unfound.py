"""Objects that nobody who is left has in their newest version: reported, listed, given up.

The order of events is that of qa/tasks/lost_unfound.py: what two OSDs miss while a third writes alone they hear
of, but may not copy; then the third is gone.
"""
import json
import shutil
import subprocess
import unittest

from harness import GIB, OSD_BIN, Cluster, wait_for

VICTIM = 2


class Unfound:
    """What must hold whatever the OSDs are."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(osds=3, osd_bin=cls.bins, port=cls.port, size=3 * GIB, settings=[
            "osd_pool_default_min_size = 1", "osd_heartbeat_grace = 6", "osd_heartbeat_interval = 2",
            "mon_osd_min_up_ratio = 0.01", "mon_osd_down_out_interval = 3600"])
        cls.cluster.wait_up(3)
        cls.cluster.create_pool("lost", pgs=8)
        cls.cluster.ceph("osd", "pool", "set", "lost", "size", "3")
        cls.cluster.ceph("osd", "pool", "set", "lost", "min_size", "1")

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()

    def put(self, name, data):
        self.cluster.run("rados", "-p", "lost", "put", name, "-", input=data)

    def get(self, name, check=True):
        return self.cluster.run("rados", "-p", "lost", "get", name, "-", check=check)

    def pgs(self):
        listed = self.cluster.ceph_json("pg", "ls-by-pool", "lost")
        return listed["pg_stats"] if isinstance(listed, dict) else listed

    def unfound(self):
        return {pg["pgid"]: pg["stat_sum"]["num_objects_unfound"] for pg in self.pgs()
                if pg["stat_sum"]["num_objects_unfound"]}

    def wait_clean(self):
        wait_for("all PGs clean", lambda: self.cluster.clean_pgs("lost") == 8, pause=1)

    def flag(self, how):
        for flag in ("norecover", "nobackfill"):
            self.cluster.ceph("osd", how, flag)

    def is_active_on_all(self, pg):
        """By its primary: what the manager has may be of before."""
        said = self.cluster.ceph_json("pg", pg, "query")
        return "active" in said["state"].split("+") and set(said["acting"]) == {0, 1, 2}

    def make_unfound(self, tag):
        c = self.cluster
        self.wait_clean()
        for number in range(12):
            self.put(f"old.{tag}.{number}", "first")
        self.flag("set")
        for osd in (0, 1):
            c.kill(osd)
        c.wait_up(1)
        for number in range(12):
            self.put(f"old.{tag}.{number}", "second")
            self.put(f"new.{tag}.{number}", "only")
        for osd in (0, 1):
            c.start_osd(osd)
        c.wait_up(3)
        wait_for("peering over", lambda: all(self.is_active_on_all(pg["pgid"]) for pg in self.pgs()), pause=1)
        c.kill(VICTIM)
        c.wait_up(2)
        self.flag("unset")
        wait_for("24 objects unfound", lambda: sum(self.unfound().values()) == 24, pause=1)

    def give_up(self, how):
        for pg, count in self.unfound().items():
            wait_for(f"{pg} to take them for lost", lambda: self.marks_lost(pg, how, count), pause=0.5)
        wait_for("nothing unfound", lambda: not self.unfound(), pause=1)

    def marks_lost(self, pg, how, count):
        """False as long as its primary has not heard that the OSD is lost."""
        answer = self.cluster.run("ceph", "pg", pg, "mark_unfound_lost", how, check=False)
        if answer.returncode != 0:
            self.assertIn("haven't probed all sources", answer.stderr)
            return False
        self.assertIn(f"pg has {count} objects unfound and apparently lost marking", answer.stderr)
        return True

    def bring_back(self):
        self.cluster.start_osd(VICTIM)
        self.cluster.wait_up(3)
        self.wait_clean()

    def test_lost_objects_are_reverted_or_deleted(self):
        c = self.cluster
        self.make_unfound("a")
        wait_for("the health to tell of it", lambda: "OBJECT_UNFOUND" in c.ceph("health", "detail"), pause=1)
        pg, count = next(iter(self.unfound().items()))
        listed = json.loads(c.ceph("pg", pg, "list_unfound"))
        self.assertEqual(listed["num_unfound"], count)
        self.assertEqual(len(listed["objects"]), count)
        self.assertEqual(listed["might_have_unfound"], [{"osd": str(VICTIM), "status": "osd is down"}])
        self.assertFalse(listed["more"])
        refused = c.run("ceph", "pg", pg, "mark_unfound_lost", "revert", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("haven't probed all sources", refused.stderr)
        waiting = subprocess.Popen(["rados", "-p", "lost", "get", "old.a.0", "-"], env=c.env, stdout=subprocess.PIPE)
        self.addCleanup(waiting.kill)
        c.ceph("osd", "lost", str(VICTIM), "--yes-i-really-mean-it")
        self.give_up("revert")
        self.assertEqual(waiting.communicate(timeout=240)[0], b"first")
        for number in range(12):
            self.assertEqual(self.get(f"old.a.{number}").stdout, "first")
            self.assertNotEqual(self.get(f"new.a.{number}", check=False).returncode, 0)
        self.put("old.a.1", "third")
        self.bring_back()
        self.assertEqual(self.get("old.a.0").stdout, "first")
        self.assertEqual(self.get("old.a.1").stdout, "third")

        self.make_unfound("b")
        c.ceph("osd", "lost", str(VICTIM), "--yes-i-really-mean-it")
        self.give_up("delete")
        for number in range(12):
            self.assertNotEqual(self.get(f"old.b.{number}", check=False).returncode, 0)
        self.put("old.b.1", "again")
        self.bring_back()
        self.assertNotEqual(self.get("old.b.0", check=False).returncode, 0)
        self.assertEqual(self.get("old.b.1").stdout, "again")


class OursAlone(Unfound, unittest.TestCase):
    bins = OSD_BIN
    port = 28800


@unittest.skipUnless(shutil.which("ceph-osd"), "Scripts/test installs ceph-osd")
class SharedWithStock(Unfound, unittest.TestCase):
    bins = f"{OSD_BIN},ceph-osd"
    port = 28900


if __name__ == "__main__":
    unittest.main(verbosity=2)
