"""What a cluster of three OSDs goes through, and how long each part takes."""
import threading
import time

from bench import clients, works
from bench.cluster import POOL

import librados
from harness import wait_for

PGS = 32
OBJECT_BYTES = 65536
# Both kinds as on NVMe, though the store is a file; statistics reach the manager soon.
SETTINGS = (
    "osd_recovery_sleep = 0", "osd_recovery_max_active = 10", "osd_heartbeat_interval = 1",
    "osd_heartbeat_grace = 20", "osd_mgr_stats_period = 1", "mgr_stats_period = 1",
    "osd_pool_default_min_size = 2", "mon_osd_down_out_interval = 3600", "paxos_propose_interval = 0.1")


def prepare(cluster):
    cluster.wait_up(3)
    cluster.ceph("osd", "set", "noout")
    cluster.ceph("osd", "pool", "create", POOL, str(PGS), str(PGS), "replicated", "--size", "3")
    cluster.ceph("osd", "pool", "set", "bench", "pg_autoscale_mode", "off")
    cluster.ceph("osd", "pool", "application", "enable", "bench", "rados")
    wait_for("PGs active+clean", lambda: cluster.clean_pgs("bench") == PGS, 60)


def write_while_away(cluster, objects, name):
    """Objects that osd.2 misses."""
    cluster.kill(2)
    cluster.wait_up(2)
    cluster.rados("bench", "bench", "300", "write", "-b", OBJECT_BYTES, "-t", "16", "--max-objects", objects,
                  "--no-cleanup", "--run-name", name, timeout=320)


def degraded(cluster):
    """Copies that are missing, as the manager has it; nothing while PGs peer."""
    stats = cluster.ceph_json("pg", "stat")["pg_summary"]
    states = {row["name"] for row in stats["num_pg_by_state"]}
    if any("peering" in state or "activating" in state or "active" not in state for state in states):
        return None
    return stats.get("degraded_objects", 0)


def recover(cluster, seconds=300):
    """Seconds from osd.2's start until it has all that it missed."""
    cluster.start_osd(2)
    begun = time.monotonic()
    wait_for("osd.2 up", lambda: cluster.ceph_json("osd", "stat")["num_up_osds"] == 3, 60, 0.1)
    wait_for("PGs active+clean", lambda: cluster.clean_pgs("bench") == PGS and degraded(cluster) == 0, seconds, 0.2)
    return time.monotonic() - begun


def recover_under_load(cluster, seconds, objects):
    """fio's random overwrites of 4 KiB at depth 16, begun when osd.2 comes back: p99 in ms, IOPS, and how
    many of the missing copies were made while it ran."""
    files = clients.Files(16, 4 << 20)
    clients.fill_blocks(cluster, files)
    write_while_away(cluster, objects, "loaded")
    cluster.start_osd(2)
    wait_for("osd.2 up", lambda: cluster.ceph_json("osd", "stat")["num_up_osds"] == 3, 60, 0.1)
    output = clients.fio(cluster, "overwrite", 4096, 16, files, works.Bound(seconds=seconds))
    left = degraded(cluster)
    wait_for("PGs active+clean", lambda: cluster.clean_pgs("bench") == PGS, 300, 1)
    seen = clients.seen_by_fio(output, is_write=True)
    return {"p99_ms": seen["p99_ms"], "mean_ms": seen["lat_ms"], "iops": seen["iops"],
            "copies_made": objects - min(left or 0, objects)}


class Failover:
    """One client that writes to objects of many PGs all the time, one thread for each object."""
    OBJECTS = 24
    # Replies of the dead primary may still be on their way to a thread.
    STRAGGLING = 0.02

    def __init__(self, cluster):
        self.cluster = cluster
        self.client = librados.Cluster(cluster.conf, op_timeout=60)
        self.pool = self.client.pool("bench")
        self.is_over = threading.Event()
        # When a write of each object was acknowledged first, since this was made empty.
        self.acknowledged = {}
        self.failed = []
        self.threads = [threading.Thread(target=self.write, args=(i,)) for i in range(self.OBJECTS)]

    def write(self, number):
        name = b"failover.%d" % number
        while not self.is_over.is_set():
            code, = self.pool.write(name, ("write_full", b"x" * 4096))
            if code:
                self.failed.append(code)
            self.acknowledged.setdefault(number, time.monotonic())
            self.is_over.wait(0.005)

    def primary(self, number):
        placed = self.cluster.ceph_json("osd", "map", "bench", f"failover.{number}")
        return placed["acting_primary"]

    def run(self, victim=1):
        """Seconds from the kill to the first and the last acknowledgement of writes that it was primary for."""
        for thread in self.threads:
            thread.start()
        time.sleep(2)
        mine = [i for i in range(self.OBJECTS) if self.primary(i) == victim]
        killed = time.monotonic()
        self.cluster.kill(victim)
        time.sleep(self.STRAGGLING)
        self.acknowledged = {}
        wait_for("writes to all new primaries", lambda: all(i in self.acknowledged for i in mine), 60, 0.02)
        served = [self.acknowledged[i] - killed for i in mine]
        self.is_over.set()
        for thread in self.threads:
            thread.join(90)
        self.client.close()
        return {"first_s": min(served), "all_s": max(served), "errors": len(self.failed)}
