"""The named cases: in PGs shared with stock OSDs, which an OSD under test leads."""
import unittest

from harness import OSD_BIN
from named_cases import NamedCases


class OursFirst(NamedCases, unittest.TestCase):
    bins = (OSD_BIN, "ceph-osd")
    port = 26530


if __name__ == "__main__":
    unittest.main(verbosity=2)
