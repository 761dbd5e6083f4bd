"""Scrubs: clean PGs stay clean, damage is found, listed and repaired; OSDs under test alone, and shared with
stock ones as primaries and as replicas."""
import json
import shutil
import time
import unittest

from harness import GIB, OSD_BIN, Cluster, wait_for

DATA = b"scrub me " * 1000


class Scrubs:
    """What must hold whatever the OSDs are."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(osds=3, osd_bin=cls.bins, port=cls.port, size=3 * GIB, settings=[
            "osd_scrub_backoff_ratio = 0", "osd_scrub_load_threshold = 1000", "osd_max_scrubs = 3",
            "osd_heartbeat_grace = 600", "mgr_stats_period = 1", "osd_pool_default_size = 3", "osd_pool_default_min_size = 2"])
        cls.cluster.wait_up(3)
        cls.cluster.create_pool("p", pgs=4)
        with open(f"{cls.cluster.dir}/data", "wb") as file:
            file.write(DATA)
        for number in range(24):
            cls.cluster.rados("p", "put", f"o{number}", f"{cls.cluster.dir}/data")
        cls.cluster.rados("p", "setomapval", "o0", "key", "value")
        cls.cluster.rados("p", "setxattr", "o1", "color", "red")

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()

    def pgs(self, pool="p"):
        listed = self.cluster.ceph_json("pg", "ls-by-pool", pool)
        return {pg["pgid"]: pg for pg in listed["pg_stats"]}

    def scrub(self, kind, pgid):
        """Asks as an operator does, and waits until it is over."""
        before = self.pgs()[pgid]["last_scrub_stamp"]
        self.cluster.ceph("pg", kind, pgid)

        def is_over():
            pg = self.pgs()[pgid]
            return pg["last_scrub_stamp"] != before and "scrubbing" not in pg["state"]
        wait_for(f"{kind} of {pgid}", is_over, pause=0.5)

    def place(self, name):
        found = self.cluster.ceph_json("osd", "map", "p", name)
        return found["pgid"], found["acting"]

    def object_led_by(self, osd):
        for number in range(2, 24):
            pgid, acting = self.place(f"o{number}")
            if acting[0] == osd:
                return f"o{number}", pgid, acting
        self.fail(f"osd.{osd} leads no PG with an object")

    def damage(self, osd, command, name, *more):
        self.cluster.run("ceph", "daemon", f"{self.cluster.dir}/c/osd.{osd}.asok", command, "p", name, *more)

    def listed(self, pgid, kind="obj"):
        found = json.loads(self.cluster.run("rados", f"list-inconsistent-{kind}", pgid, "-f", "json").stdout)
        return found["inconsistents"]

    def state(self, pgid):
        return self.pgs()[pgid]["state"]

    def wait_state(self, pgid, state):
        """A repair is followed by a scrub that nobody asked for."""
        wait_for(f"{pgid} {state}", lambda: self.state(pgid) == state, pause=0.5)

    def wait_sound(self, pgid):
        """Clean, and nothing listed; nothing can be while it is scrubbed again."""
        def is_sound():
            found = self.cluster.run("rados", "list-inconsistent-obj", pgid, "-f", "json", check=False)
            return found.returncode == 0 and json.loads(found.stdout)["inconsistents"] == [] \
                and self.state(pgid) == "active+clean"
        wait_for(f"{pgid} sound", is_sound, pause=0.5)

    def query(self, pgid):
        """Its primary's word, which the manager hears later."""
        return self.cluster.ceph_json("pg", pgid, "query")

    def check_data(self, name):
        found = self.cluster.rados("p", "get", name, "-", text=False).stdout
        self.assertEqual(found, DATA)

    def test_clean_pgs_stay_clean_and_stamps_move(self):
        for kind, stamp in ("scrub", "last_scrub_stamp"), ("deep-scrub", "last_deep_scrub_stamp"):
            before = self.pgs()
            for osd in range(3):
                self.cluster.ceph("osd", kind, str(osd))
            wait_for(f"{kind} of all PGs", lambda: all(
                pg[stamp] != before[pgid][stamp] for pgid, pg in self.pgs().items()), pause=1)
            wait_for("all clean", lambda: self.cluster.clean_pgs("p") == 4, pause=0.5)
        self.assertEqual({pg["stat_sum"]["num_scrub_errors"] for pg in self.pgs().values()}, {0})
        for pgid in self.pgs():
            self.assertEqual(self.listed(pgid), [])
        self.assertEqual(self.listed(self.place("o0")[0], "snapset"), [])
        wait_for("omap in ceph df", lambda: self.stored_omap() == len("value"), pause=0.5)

    def stored_omap(self):
        """Bytes of values, as the deep scrubs counted them."""
        pools = self.cluster.ceph_json("df", "detail")["pools"]
        return next(pool["stats"]["stored_omap"] for pool in pools if pool["name"] == "p")

    def test_damage_is_found_listed_and_repaired(self):
        for primary in self.primaries:
            name, pgid, acting = self.object_led_by(primary)
            for victim in acting[:2] if primary == 0 else [0]:
                with self.subTest(primary=primary, victim=victim):
                    self.find_and_repair(name, pgid, victim)
            self.scrub("deep-scrub", pgid)
            self.wait_sound(pgid)
            wait_for("a line in the cluster's log",
                     lambda: f"shard {victim} soid" in self.cluster.ceph("log", "last", "1000"), pause=1)

    def find_and_repair(self, name, pgid, victim):
        self.damage(victim, "truncobj", name, "100")
        self.scrub("deep-scrub", pgid)
        self.wait_state(pgid, "active+clean+inconsistent")
        self.assertIn(pgid, json.loads(self.cluster.run("rados", "list-inconsistent-pg", "p").stdout))
        found = self.listed(pgid)
        self.assertEqual([entry["object"]["name"] for entry in found], [name])
        self.assertEqual(sorted(found[0]["errors"]), ["data_digest_mismatch", "size_mismatch"])
        shards = {shard["osd"]: shard for shard in found[0]["shards"]}
        self.assertEqual({osd for osd in shards if shards[osd]["errors"]}, {victim})
        self.assertEqual(shards[victim]["size"], 100)
        wait_for("health that says so", lambda: "PG_DAMAGED" in self.cluster.ceph("health", "detail"), pause=1)
        self.scrub("repair", pgid)
        self.wait_sound(pgid)
        self.check_data(name)

    def test_what_a_read_finds_damaged_is_had_from_another_copy(self):
        name, pgid, acting = self.object_led_by(0)
        before = self.pgs()[pgid]["stat_sum"]["num_objects_repaired"]
        self.damage(0, "injectdataerr", name)
        self.check_data(name)
        wait_for("counted", lambda: self.pgs()[pgid]["stat_sum"]["num_objects_repaired"] == before + 1, pause=0.5)
        self.wait_state(pgid, "active+clean")
        wait_for("counted of the OSD", lambda: next(
            stats for stats in self.cluster.ceph_json("pg", "dump", "osds")["osd_stats"]
            if stats["osd"] == 0)["num_shards_repaired"] > 0)
        self.check_data(name)

    def test_metadata_that_cannot_be_read_is_found_and_repaired(self):
        name, pgid, acting = self.object_led_by(self.primaries[-1])
        self.damage(0, "injectmdataerr", name)
        self.scrub("scrub", pgid)
        found = self.listed(pgid)
        self.assertEqual([entry["object"]["name"] for entry in found], [name])
        errors = {shard["osd"]: shard["errors"] for shard in found[0]["shards"]}
        self.assertEqual({osd for osd in errors if errors[osd]}, {0})
        self.assertIn("stat_error", errors[0])
        self.scrub("repair", pgid)
        self.wait_state(pgid, "active+clean")
        self.scrub("deep-scrub", pgid)
        self.wait_sound(pgid)
        self.check_data(name)

    def test_a_deep_scrub_writes_digests_that_all_copies_have(self):
        self.cluster.ceph("config", "set", "osd", "osd_deep_scrub_update_digest_min_age", "0")
        self.addCleanup(self.cluster.ceph, "config", "rm", "osd", "osd_deep_scrub_update_digest_min_age")
        for osd in range(3):
            self.cluster.wait_told(osd, osd_deep_scrub_update_digest_min_age=0)
        for primary in self.primaries:
            name, pgid, acting = self.object_led_by(primary)
            self.rewrite(name)
            time.sleep(2)  # Older than the least age, in whole seconds.
            before = self.query(pgid)["info"]["last_update"]
            self.scrub("deep-scrub", pgid)
            wait_for("digests written", lambda: self.query(pgid)["info"]["last_update"] != before, pause=0.5)
            # Alike on all copies, so that nothing but the digest that each of them keeps tells.
            for osd in acting:
                self.damage(osd, "setomapval", name, "key", "from nowhere")
            self.scrub("deep-scrub", pgid)
            found = self.listed(pgid)
            self.assertEqual([entry["object"]["name"] for entry in found], [name])
            errors = {shard["osd"]: shard["errors"] for shard in found[0]["shards"]}
            self.assertEqual(errors, {osd: ["omap_digest_mismatch_info"] for osd in acting})
            self.rewrite(name)
            self.scrub("deep-scrub", pgid)
            self.wait_sound(pgid)

    def rewrite(self, name):
        self.cluster.rados("p", "rm", name)
        self.cluster.rados("p", "put", name, f"{self.cluster.dir}/data")

    def test_scrubs_can_be_told_to_a_pg(self):
        for primary in self.primaries:
            name, pgid, acting = self.object_led_by(primary)
            before = self.pgs()[pgid]
            for word, stamp in ("deep_scrub", "last_deep_scrub_stamp"), ("scrub", "last_scrub_stamp"):
                told = json.loads(self.cluster.ceph("tell", pgid, word))
                self.assertEqual(told["deep"], word == "deep_scrub")
                self.assertLess(told["stamp"], before[stamp])
            wait_for("a deep scrub", lambda: (
                self.pgs()[pgid]["last_deep_scrub_stamp"] > before["last_deep_scrub_stamp"]), pause=0.5)
            wait_for("the end of the scrubs", lambda: (
                not self.cluster.ceph_json("tell", pgid, "query")["scrubber"]["active"]), pause=0.5)
            asked = self.cluster.ceph_json("tell", pgid, "query")
            self.assertEqual(asked["info"]["pgid"], pgid)
            self.assertEqual(json.loads(self.cluster.ceph("tell", pgid, "list_unfound"))["num_unfound"], 0)
            done = self.cluster.run("ceph", "tell", pgid, "mark_unfound_lost", "delete")
            self.assertIn("pg has no unfound objects", done.stdout + done.stderr)

    def wait_unscrubbed(self, pgs):
        """Until the primaries have the map that forbids scrubs, and those that had begun are over."""
        epoch = self.cluster.ceph_json("osd", "dump")["epoch"]

        def is_so():
            said = [self.query(pgid) for pgid in pgs]
            return all(pg["epoch"] >= epoch and "scrubbing" not in pg["state"] for pg in said)
        wait_for("no scrubs", is_so)

    def stamps(self, pgs):
        return {pgid: self.query(pgid)["info"]["history"]["last_scrub_stamp"] for pgid in pgs}

    def test_scrubs_come_by_themselves_unless_flags_forbid_it(self):
        self.cluster.ceph("osd", "set", "noscrub")
        self.cluster.ceph("osd", "set", "nodeep-scrub")
        try:
            before = self.pgs()
            self.wait_unscrubbed(before)
            stamps = self.stamps(before)
            self.cluster.ceph("config", "set", "osd", "osd_scrub_min_interval", "2")
            for osd in range(3):
                self.cluster.wait_told(osd, osd_scrub_min_interval=2)
            time.sleep(6)
            self.assertEqual(self.stamps(before), stamps)
            self.cluster.ceph("osd", "unset", "noscrub")
            wait_for("scrubs of all PGs", lambda: all(
                pg["last_scrub_stamp"] > stamps[pgid] for pgid, pg in self.pgs().items()), pause=1)
        finally:
            self.cluster.ceph("config", "rm", "osd", "osd_scrub_min_interval")
            self.cluster.ceph("osd", "unset", "noscrub")
            self.cluster.ceph("osd", "unset", "nodeep-scrub")


class OursAlone(Scrubs, unittest.TestCase):
    bins = OSD_BIN
    port = 26100
    primaries = [0]


@unittest.skipUnless(shutil.which("ceph-osd"), "Scripts/test installs ceph-osd")
class SharedWithStock(Scrubs, unittest.TestCase):
    """osd.0 is under test; the others are stock."""
    bins = f"{OSD_BIN},ceph-osd,ceph-osd"
    port = 26200
    primaries = [0, 1]


if __name__ == "__main__":
    unittest.main(verbosity=2)
