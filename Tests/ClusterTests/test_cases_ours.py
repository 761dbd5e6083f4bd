"""The named cases: OSDs under test alone."""
import unittest

from harness import OSD_BIN
from named_cases import NamedCases


class OursAlone(NamedCases, unittest.TestCase):
    bins = (OSD_BIN,)
    port = 26500


if __name__ == "__main__":
    unittest.main(verbosity=2)
