"""The named cases of replication and recovery, all of which every mix of OSDs must pass.

A class for each mix (`test_cases_*.py`) starts one cluster; the cases run in it, each on pools of its own. A case that
is listed and did not run fails the run. LOLIGO_KEEP=1 keeps the logs also when all is well;
LOLIGO_DEBUG_OSD is how much OSDs of both kinds write there.
"""
import os
import time

from cases import clients, peering, recovery
from cases.mix import Mix
from cases.scrub import deep_scrub

CASES = (
    peering.map_gap,
    peering.divergent_priors,
    peering.lone_survivor_with_stale_data,
    peering.min_size_held,
    recovery.recovery_of_unreadable_objects,
    recovery.backfill_too_full,
    recovery.all_targets_too_full,
    recovery.reservation_rejected,
    recovery.unfound_then_found,
    clients.duplicate_op_after_a_primary_change,
    peering.primary_restarts_in_get_missing,
    clients.two_osds_down_at_once,
    recovery.replaced_osd_with_a_new_uuid,
    clients.network_cut_between_two,
)


class NamedCases:
    """What must hold whatever the OSDs are. The first of `bins` leads every pool when all are there."""

    @classmethod
    def setUpClass(cls):
        cls.passed, cls.seconds, cls.has_failed = [], {}, False
        cls.mix = Mix(cls.bins, cls.port)

    @classmethod
    def tearDownClass(cls):
        for name, seconds in cls.seconds.items():
            print(f"{seconds:6.1f} s  {name}")
        keep = cls.has_failed or "LOLIGO_KEEP" in os.environ
        cls.mix.end(keep_logs=keep)
        if keep:
            print(f"logs: {cls.mix.cluster.dir}/c")

    def run_case(self, case):
        mix, begun, pools = self.mix, time.monotonic(), len(self.mix.pools)
        try:
            case(mix)
            self.assertEqual(mix.ended_by_themselves(), [], "OSDs that ended by themselves")
            self.passed.append(case.__name__)
        except BaseException:
            type(self).has_failed = True
            mix.restore()
            mix.remove_pools(mix.pools[pools:])
            raise
        finally:
            self.seconds[case.__name__] = time.monotonic() - begun

    def test_99_all_cases_have_run_and_all_copies_are_equal(self):
        begun = time.monotonic()
        self.assertEqual(self.passed, [case.__name__ for case in CASES], "cases that passed, and all that are listed")
        deep_scrub(self.mix, self.mix.pools)
        for pool in self.mix.pools:
            pool.check()
        self.seconds["scrubs"] = time.monotonic() - begun


def as_test(case):
    def test(self):
        self.run_case(case)
    test.__doc__ = case.__doc__
    return test


for number, case in enumerate(CASES, 1):
    setattr(NamedCases, f"test_{number:02}_{case.__name__}", as_test(case))
