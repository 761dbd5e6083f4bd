"""The model that judges a live thrash (`Scripts/thrash`)."""
import time
import unittest

from thrash.clients import Findings
from thrash.damage import was_clean
from thrash.model import ABSENT, ObjectHistory, State
from thrash.scrubs import Scrubs


class Model(unittest.TestCase):
    """What the model lets pass, and what it must not."""

    def setUp(self):
        self.object = ObjectHistory("pool", "object")
        self.states = [State(bytes([n]) * (n + 1), {}, {}) for n in range(4)]

    def write(self, state):
        return self.object.submit("write", state)

    def read(self, state, begun=None):
        return self.object.end_read(self.object.begin_read() if begun is None else begun, state)

    def test_what_was_acknowledged_is_found(self):
        self.object.answer(self.write(self.states[0]), 0)
        self.assertIsNone(self.read(self.states[0]))
        self.assertIn("later is lost", self.read(ABSENT))

    def test_what_is_under_way_may_be_seen_or_not_but_not_unseen(self):
        self.object.answer(self.write(self.states[0]), 0)
        self.write(self.states[1])
        self.assertIsNone(self.read(self.states[0]))
        self.assertIsNone(self.read(self.states[1]))
        self.assertIn("later is lost", self.read(self.states[0]))

    def test_a_read_that_began_before_an_acknowledgement_may_find_what_was_before(self):
        begun = self.object.begin_read()
        self.object.answer(self.write(self.states[0]), 0)
        self.assertIsNone(self.read(ABSENT, begun))

    def test_what_nobody_asked_for_is_wrong(self):
        self.object.answer(self.write(self.states[0]), 0)
        self.assertIn("differ: size, data", self.read(self.states[1]))
        self.object.answer(self.write(State(b"x", {b"a": b"1"}, {b"k": b"v"})), 0)
        self.assertIn("differ: omap", self.read(State(b"x", {b"a": b"1"}, {b"k": b"w"})))
        self.assertIn("differ: attributes", self.read(State(b"x", {}, {b"k": b"v"})))

    def test_what_was_not_answered_may_have_happened(self):
        self.object.answer(self.write(self.states[0]), 0)
        self.object.doubt(self.write(self.states[1]), -110)
        self.assertIsNone(self.read(self.states[0]))
        self.assertIsNone(self.read(self.states[1]))
        self.assertIsNotNone(self.read(self.states[0]))


class Errors(unittest.TestCase):
    """Which lines of OSDs in the cluster's log are findings; they are stock's."""

    def setUp(self):
        self.scrubs = Scrubs(None, None, Findings(lambda text: None), lambda text: None)
        self.scrubs.damaged.add("1.29")

    def is_finding(self, message):
        before = len(self.scrubs.findings.texts)
        self.scrubs.judge({"name": "osd.1", "stamp": "now", "message": message})
        return len(self.scrubs.findings.texts) > before

    def test_errors_of_what_was_damaged_are_none(self):
        self.assertFalse(self.is_finding("2.0 shard 2 soid 2:069812c8:::1.29:head : candidate had a read error"))
        self.assertFalse(self.is_finding("2.0 repair 0 missing, 1 inconsistent objects"))
        self.assertFalse(self.is_finding("2.0 repair 1 errors, 1 fixed"))

    def test_errors_of_anything_else_are_findings(self):
        self.assertTrue(self.is_finding("2.0 shard 2 soid 2:069812c8:::1.2:head : candidate had a read error"))
        self.assertTrue(self.is_finding("2.0 soid 2:069812c8:::1.291:head : failed to pick suitable object info"))
        self.assertTrue(self.is_finding("3.5 deep-scrub : stat mismatch, got 1/2 objects, 0/0 clones"))

    def test_unfound_objects_are_while_all_copies_can_be_read(self):
        line = "2.6 has 1 objects unfound and apparently lost"
        self.scrubs.last_damage = time.monotonic()
        self.assertFalse(self.is_finding(line))
        self.scrubs.last_damage -= 100
        self.assertTrue(self.is_finding(line))

    def test_a_copy_is_mended_when_a_later_deep_scrub_finds_nothing(self):
        def row(state="active+clean", stamp="2026-01-02T00:00:00.5+0000", errors=0):
            return {"state": state, "last_deep_scrub_stamp": stamp, "stat_sum": {"num_scrub_errors": errors}}
        before = time.mktime((2026, 1, 1, 0, 0, 0, 0, 0, -1))
        self.assertTrue(was_clean(row(), before))
        self.assertFalse(was_clean(row(stamp="2025-12-31T00:00:00.5+0000"), before))
        self.assertFalse(was_clean(row(errors=1), before))
        self.assertFalse(was_clean(row(state="active+clean+scrubbing+deep+repair"), before))


if __name__ == "__main__":
    unittest.main(verbosity=2)
