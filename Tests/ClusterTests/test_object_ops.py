"""Every object op answers as the stock OSD does.

Golden/object_ops.jsonl is the transcript of ceph-osd 16.2.15; `Scripts/test --record` makes it anew.
"""
import json
import pathlib
import subprocess
import sys
import unittest

from harness import Cluster

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE / "Golden/object_ops.jsonl"


def record(cluster):
    cluster.create_pool("ops", 8)
    return cluster.run(sys.executable, HERE / "object_ops.py", "ops", timeout=600).stdout


class ObjectOps(unittest.TestCase):
    maxDiff = None

    def test_the_transcript_is_that_of_the_stock_osd(self):
        cluster = Cluster(port=24600)
        self.addCleanup(cluster.stop)
        ours = [json.loads(line) for line in record(cluster).splitlines()]
        stock = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
        differ = [f"{what}:\n  stock {answer}\n  ours  {our_answer}"[:1500]
                  for (what, answer), (_, our_answer) in zip(stock, ours) if our_answer != answer]
        print(f"{len(stock) - len(differ)} of {len(stock)} steps as stock")
        self.assertFalse(differ, "\n" + "\n".join(differ))
        self.assertEqual(len(ours), len(stock))


if __name__ == "__main__" and sys.argv[1:] == ["--record"]:
    stock = Cluster(port=24600, osd_bin="ceph-osd")
    try:
        GOLDEN.write_text(record(stock))
    finally:
        stock.stop()
