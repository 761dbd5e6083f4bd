"""A short thrash of loligo-osd and ceph-osd in one cluster; see Scripts/thrash."""
import shutil
import unittest

from test_thrash_ours import ShortThrash


@unittest.skipUnless(shutil.which("ceph-osd"), "Scripts/test installs ceph-osd")
class Mixed(ShortThrash, unittest.TestCase):
    mix, seed, port = "mixed", 2, 27500


if __name__ == "__main__":
    unittest.main(verbosity=2)
