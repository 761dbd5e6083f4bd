"""The named cases: in PGs shared with stock OSDs, which a stock one leads."""
import unittest

from harness import OSD_BIN
from named_cases import NamedCases


class StockFirst(NamedCases, unittest.TestCase):
    bins = ("ceph-osd", OSD_BIN)
    port = 26560


if __name__ == "__main__":
    unittest.main(verbosity=2)
