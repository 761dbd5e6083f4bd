"""A short thrash of loligo-osd alone; see Scripts/thrash."""
import signal
import unittest

from thrash.run import Thrash

EVENT_SECONDS = 90    # here and in test_thrash_mixed: three minutes
END_SECONDS = 3000    # by when it is over, its checks and all


class ShortThrash:
    """Events of a fixed seed. Whatever is not as it must be fails it."""

    def test_all_is_as_the_model_says_and_every_pg_scrubs_clean(self):
        signal.signal(signal.SIGALRM, out_of_time)
        signal.alarm(END_SECONDS)
        try:
            found = Thrash(EVENT_SECONDS, 5, self.mix, self.seed, self.port).run()
        finally:
            signal.alarm(0)
        self.assertEqual(found, [])


def out_of_time(*_):
    raise TimeoutError(f"not over within {END_SECONDS} s")


class Ours(ShortThrash, unittest.TestCase):
    mix, seed, port = "ours", 1, 27400


if __name__ == "__main__":
    unittest.main(verbosity=2)
