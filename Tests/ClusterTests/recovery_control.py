"""Recovery and backfill under an operator's hand: options while they run, and PGs that are to come first.

For clusters of three OSDs with a pool `three` of 16 PGs; osd.2 misses what is to be copied.
"""
from harness import wait_for

OBJECTS = 480


class RecoveryControl:
    """What must hold whatever the OSDs are."""

    def fill_steered(self):
        """More writes than logs have entries: who has none of it is backfilled."""
        self.set_option("osd_max_pg_log_entries", 10)
        self.set_option("osd_min_pg_log_entries", 10)
        self.set_option("osd_pg_log_trim_min", 2)
        self.write_steered()

    def write_steered(self):
        self.cluster.run("rados", "-p", "three", "bench", "30", "write", "-b", "4096", "-t", "16", "--max-objects",
                         str(OBJECTS), "--no-cleanup", "--run-name", "steered")
        self.addCleanup(self.cluster.run, "rados", "-p", "three", "cleanup", "--run-name", "steered")

    def set_option(self, name, value):
        """As an operator does, for all OSDs; they hear of it one after another."""
        self.cluster.ceph("config", "set", "osd", name, str(value))
        self.addCleanup(self.cluster.ceph, "config", "rm", "osd", name)
        for osd in range(3):
            self.cluster.wait_told(osd, **{name: value})

    def slow_recovery(self):
        """5 s for each object, until the end of the test or `hurry`."""
        self.set_option("osd_recovery_sleep", 5)
        self.addCleanup(self.end_hurry)
        self.addCleanup(self.wait_clean)
        self.addCleanup(self.hurry)

    def hurry(self):
        for osd in range(3):
            self.cluster.run("ceph", "daemon", f"{self.cluster.dir}/c/osd.{osd}.asok", "config", "set",
                             "osd_recovery_sleep", "0.0001")

    def end_hurry(self):
        for osd in range(3):
            self.cluster.daemon("config", "unset", "osd_recovery_sleep", osd=osd)

    def steered_pgs(self):
        listed = self.cluster.ceph_json("pg", "ls-by-pool", "three")["pg_stats"]
        return {pg["pgid"]: pg for pg in listed}

    def with_state(self, word):
        return sorted(pgid for pgid, pg in self.steered_pgs().items() if word in pg["state"].split("+"))

    def state_of(self, pgid):
        """What its primary says, which the manager hears of later."""
        return self.cluster.ceph_json("pg", pgid, "query")["state"].split("+")

    def lose_osd_2(self, empty):
        self.cluster.kill(2)
        self.cluster.wait_up(2)
        if empty:
            self.cluster.empty_osd(2)
        else:
            self.write_steered()
        self.cluster.start_osd(2)
        self.cluster.wait_up(3)

    def test_options_change_what_a_backfill_does_while_it_runs(self):
        self.fill_steered()
        self.wait_clean()
        self.slow_recovery()
        self.lose_osd_2(empty=True)
        wait_for("one PG backfilled, others waiting", lambda: (
            len(self.with_state("backfilling")), bool(self.with_state("backfill_wait"))) == (1, True), pause=0.5)
        self.set_option("osd_max_backfills", 8)
        wait_for("more PGs backfilled at a time", lambda: len(self.with_state("backfilling")) >= 6, pause=0.5)
        left = len(self.with_state("backfilling") + self.with_state("backfill_wait"))
        self.assertGreater(left, 10, "5 s for each object are not kept")
        self.cluster.ceph("tell", "osd.*", "injectargs", "--osd_recovery_sleep=0.001")
        self.wait_clean()

    def test_primaries_list_what_they_lack(self):
        """Who comes back as the primary answers for what others still have for it."""
        self.wait_clean()
        made, deleted = ({f"{word}.{number}" for number in range(40)} for word in ("made", "deleted"))
        before = self.listed()
        self.put_small(deleted)
        self.cluster.kill(2)
        self.cluster.wait_up(2)
        self.put_small(made)
        self.cluster.rados("three", "rm", *deleted)
        self.cluster.ceph("osd", "set", "norecover")
        self.addCleanup(self.wait_clean)
        self.addCleanup(self.cluster.ceph, "osd", "unset", "norecover")
        self.cluster.start_osd(2)
        self.cluster.wait_up(3)
        wait_for("osd.2 a primary that lacks objects", lambda: any(
            pg["acting_primary"] == 2 and pg["stat_sum"]["num_objects_missing_on_primary"]
            for pg in self.steered_pgs().values()), pause=0.5)
        self.assertEqual(self.listed(), before | made)
        self.cluster.ceph("osd", "unset", "norecover")
        self.wait_clean()
        self.assertEqual(self.listed(), before | made)
        self.cluster.rados("three", "rm", *made)

    def put_small(self, names):
        for name in names:
            self.cluster.rados("three", "put", name, "/etc/hostname")

    def listed(self):
        return set(self.cluster.rados("three", "ls").stdout.split())

    def test_a_forced_backfill_comes_first(self):
        self.fill_steered()
        self.wait_clean()
        self.slow_recovery()
        self.lose_osd_2(empty=True)
        self.force("backfill", "backfilling", "backfill_wait")

    def test_a_forced_recovery_comes_first(self):
        self.wait_clean()
        self.slow_recovery()
        self.lose_osd_2(empty=False)
        self.force("recovery", "recovering", "recovery_wait")

    def one_and_two(self, running, waiting):
        """The only PG that runs and two that wait, of the same primary; none if there are not as many."""
        pgs = self.steered_pgs()
        runs, waits = ([pgid for pgid in sorted(pgs) if word in pgs[pgid]["state"].split("+")]
                       for word in (running, waiting))
        if len(runs) != 1 or len(waits) <= 4:
            return ()
        same = [pgid for pgid in waits if pgs[pgid]["acting_primary"] == pgs[runs[0]]["acting_primary"]]
        return (runs[0], same[-1], same[-2]) if len(same) >= 2 else ()

    def force(self, kind, running, waiting):
        """One PG at a time is copied to osd.2: one that waits for its place here takes the other's there."""
        found = []
        wait_for(f"one PG {running}, others of its primary {waiting}",
                 lambda: found.extend(self.one_and_two(running, waiting)) or found, pause=0.5)
        first, chosen, other = found
        for pgid in chosen, other:
            self.cluster.ceph("pg", f"force-{kind}", pgid)
            wait_for(f"{pgid} forced", lambda: f"forced_{kind}" in self.state_of(pgid))
        # The manager takes back only what it knows of.
        wait_for("the manager to know", lambda: other in self.with_state(f"forced_{kind}"))
        self.cluster.ceph("pg", f"cancel-force-{kind}", other)
        wait_for(f"{other} forced no more", lambda: f"forced_{kind}" not in self.state_of(other))
        wait_for(f"{chosen} {running}", lambda: running in self.state_of(chosen))
        self.assertIn(waiting, self.state_of(first), f"{first} has made room")
        self.hurry()
        self.wait_clean()
        self.assertEqual(self.with_state(f"forced_{kind}"), [], "forced for good")
