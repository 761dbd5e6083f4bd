"""Two OSDs under test and a stock one watch each other, and tell the monitor who is silent or gone."""
import json
import pathlib
import re
import signal
import subprocess
import unittest

from harness import Cluster, OSD_BIN, wait_for

GRACE = 10
OSDS = {0: OSD_BIN, 1: OSD_BIN, 2: "ceph-osd"}


class Heartbeats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(osds=3, port=28700, size=3 << 30, osd_bin=",".join(OSDS.values()), settings=(
            f"osd heartbeat grace = {GRACE}", "osd heartbeat interval = 1", "osd mon report interval = 1",
            "mon osd adjust heartbeat grace = false"))

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()

    def setUp(self):
        self.cluster.wait_up(3)
        # Who has just booted is a peer only when the others have chosen again.
        for osd in OSDS:
            wait_for(f"osd.{osd} has two peers", lambda: self.perf(osd)["heartbeat_to_peers"] == 2)

    def ask(self, osd, *words):
        return json.loads(self.cluster.run("ceph", "daemon", f"{self.cluster.dir}/c/osd.{osd}.asok", *words).stdout)

    def perf(self, osd):
        return self.ask(osd, "perf", "dump", "osd")["osd"]

    def in_map(self, osd):
        return next(o for o in self.cluster.ceph_json("osd", "dump")["osds"] if o["osd"] == osd)

    def wait_in_map(self, osd, up):
        return wait_for(f"osd.{osd} {'up' if up else 'down'}", lambda: self.in_map(osd)["up"] == up, pause=0.1)

    def monitors_log(self):
        return pathlib.Path(f"{self.cluster.dir}/c/mon.a.log").read_text(errors="replace")

    def said(self, text):
        """The monitor's own lines, which tell who reported whom."""
        return self.monitors_log().count(text)

    def silences(self, osd):
        """For how many seconds it had been silent, by the reports, each time the monitor held it for failed."""
        return [float(seconds) for seconds in re.findall(
            rf"osd\.{osd} failed \(.*after ([\d.]+) >= grace", self.monitors_log())]

    def test_each_pings_the_others_and_tells_the_manager(self):
        def others_told():
            stats = self.cluster.ceph_json("pg", "dump", "osds")
            stats = stats["osd_stats"] if isinstance(stats, dict) else stats
            return {s["osd"]: sorted(s["hb_peers"]) for s in stats} == {0: [1, 2], 1: [0, 2], 2: [0, 1]} and \
                all(len(s["network_ping_times"]) == 2 for s in stats)
        wait_for("peers and ping times of every OSD in the manager's statistics", others_told)

    def test_a_silent_osd_is_down_after_the_grace_and_up_again_when_it_goes_on(self):
        for victim in (1, 2):
            others = [osd for osd in OSDS if osd != victim]
            before = {osd: self.said(f"osd.{victim} reported failed by osd.{osd}") for osd in others}
            old, silences = self.in_map(victim), len(self.silences(victim))
            self.cluster.signal(victim, signal.SIGSTOP)
            try:
                seconds = self.wait_in_map(victim, 0)
                self.assertGreater(seconds, GRACE - 2)
                # Not after the 20 s that are the default, however late the map with it was seen.
                wait_for("the monitor's line", lambda: len(self.silences(victim)) > silences)
                self.assertLess(self.silences(victim)[silences], GRACE + 8)
                for osd in others:
                    wait_for(f"osd.{osd}'s report", lambda: self.said(
                        f"osd.{victim} reported failed by osd.{osd}") > before[osd])
            finally:
                self.cluster.signal(victim, signal.SIGCONT)
            self.wait_in_map(victim, 1)
            new = self.in_map(victim)
            self.assertGreater(new["up_from"], old["up_from"])
            self.assertEqual(new["public_addrs"], old["public_addrs"])
            # To its peers it is another: nobody mistakes a message from before for one of now.
            self.assertNotEqual(new["cluster_addrs"], old["cluster_addrs"])
            wait_for("its word on that in the cluster's log", lambda: self.cluster.ceph("log", "last", "100").count(
                f"Monitor daemon marked osd.{victim} down, but it is still running"), pause=1)
            self.assertEqual([self.in_map(osd)["up"] for osd in others], [1, 1])

    def test_a_killed_osd_is_down_at_once(self):
        for victim in (1, 2):
            self.setUp()
            others = [osd for osd in OSDS if osd != victim]
            before = {osd: self.said(f"osd.{victim} reported immediately failed by osd.{osd}") for osd in others}
            silences = len(self.silences(victim))
            self.cluster.kill(victim)
            try:
                self.wait_in_map(victim, 0)
                # The monitor hears no other report once it has one: of two of ours when the victim is stock.
                wait_for("a report", lambda: any(
                    self.said(f"osd.{victim} reported immediately failed by osd.{osd}") > before[osd]
                    for osd in others))
                self.assertEqual(len(self.silences(victim)), silences, "it was down when a grace had passed")
            finally:
                self.cluster.start_osd(victim)
            self.wait_in_map(victim, 1)

    def test_one_that_is_marked_down_too_often_ends(self):
        self.cluster.terminate(0)
        self.wait_in_map(0, 0)
        daemon = subprocess.Popen([OSD_BIN, "-i", "0", "-c", self.cluster.conf, "-f", "--osd-max-markdown-count=1"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.wait_in_map(0, 1)
            for times in (1, 2):
                self.cluster.ceph("osd", "down", "0")
                if times == 1:
                    first = self.in_map(0)["down_at"]
                    wait_for("osd.0 up again", lambda: self.in_map(0)["up_from"] > first)
            self.assertEqual(daemon.wait(timeout=240), 0)
            self.assertIn("marked down 2 > osd_max_markdown_count 1", self.cluster.tail_log(10_000, osd=0))
        finally:
            daemon.kill()
            daemon.wait(timeout=60)
        self.cluster.start_osd(0)
        self.wait_in_map(0, 1)


if __name__ == "__main__":
    unittest.main()
