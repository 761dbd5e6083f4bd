"""Every field of every reply is as the stock OSD's, but for the differences that are meant.

Golden/raw_ops.jsonl is the transcript of ceph-osd 16.2.15; `Scripts/test --record` makes it anew.
"""
import json
import pathlib
import sys
import unittest

from harness import Cluster, IS_STOCK

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE / "Golden/raw_ops.jsonl"
SCRIPT = HERE / "raw_ops.py"
PORT = 27200

# What we answer otherwise, and why.
CLASSES = "object classes are not here"
WATCHES = "watch and notify are not here"
SNAPSHOTS = "writes at snapshots are not here"
TIERS = "cache tiers and manifests are not here"
LEGACY = "trivial maps have been gone from clients since 2013"
INTENDED = {
    "call hello.say_hello": CLASSES, "call lock.get_info": CLASSES,
    "watch": WATCHES, "unwatch": WATCHES, "watch by an unknown way": WATCHES, "notify-ack": WATCHES,
    "notify without a body": WATCHES,
    "tmapget": LEGACY, "tmap2omap": LEGACY,
    "rollback": SNAPSHOTS,
    "undirty": TIERS, "copy-get": TIERS, "cache ops": TIERS, "manifest ops": TIERS,
    "pgnls nothing": "a page of nothing ends where it began, not at the least of all objects",
    "pgls nothing": "as pgnls",
}


def create_pools(cluster):
    """The manager's own pool comes first, whether it has come to that or not: replies tell the pool's number.
    Afterwards the manager makes no map that nobody here has asked for."""
    cluster.ceph("osd", "pool", "create", "device_health_metrics", "1", "1")
    cluster.stop_device_monitoring()
    for name, pgs in ("one", 1), ("wide", 4):
        cluster.create_pool(name, pgs)


def record(cluster):
    create_pools(cluster)
    return cluster.run(sys.executable, SCRIPT, "one", "wide", timeout=600).stdout


class RawOps(unittest.TestCase):
    maxDiff = None

    def test_replies_are_those_of_the_stock_osd(self):
        cluster = Cluster(port=PORT, auth="none")
        self.addCleanup(cluster.stop)
        ours = [json.loads(line) for line in record(cluster).splitlines()]
        stock = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
        self.assertEqual([what for what, _ in ours], [what for what, _ in stock])
        differ = {what: f"{what}:\n  stock {json.dumps(answer)}\n  ours  {json.dumps(our_answer)}"[:2500]
                  for (what, answer), (_, our_answer) in zip(stock, ours) if our_answer != answer}
        meant = {} if IS_STOCK else INTENDED
        print(f"{len(stock) - len(differ)} of {len(stock)} steps as stock, {len(meant)} differ as meant")
        self.assertFalse([why for what, why in differ.items() if what not in meant],
                         "\n" + "\n".join(why for what, why in differ.items() if what not in meant))
        self.assertEqual(sorted(set(meant) - set(differ)), [], "these are as stock now: strike them off the list")

    @unittest.skipIf(IS_STOCK, "the stock OSD does not survive these")
    def test_what_ends_the_stock_osd_is_answered(self):
        cluster = Cluster(port=PORT, auth="none")
        self.addCleanup(cluster.stop)
        create_pools(cluster)
        pid = cluster.pid()
        for line in cluster.run(sys.executable, SCRIPT, "one", "wide", "deadly").stdout.splitlines():
            what, result, right = json.loads(line)
            with self.subTest(what):
                self.assertIn(result, right)
        self.assertEqual(cluster.pid(), pid)


if __name__ == "__main__" and sys.argv[1:] == ["--record"]:
    stock = Cluster(port=PORT, auth="none", osd_bin="ceph-osd")
    try:
        GOLDEN.write_text(record(stock))
    finally:
        stock.stop()
