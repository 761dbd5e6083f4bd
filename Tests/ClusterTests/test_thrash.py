"""The model that judges a live thrash (`Scripts/thrash`)."""
import unittest

from thrash.model import ABSENT, ObjectHistory, State


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
