"""A cluster with one pool to measure in, and what its OSDs have used up so far."""
import os
import pathlib
import time

from harness import Cluster, wait_for

from . import adminsocket, processes
from .crowd import Crowd

POOL = "bench"
# A daemon that takes less than this of a core has nothing left to do.
QUIET_CORE_SHARE = 0.04
QUIET_SECONDS_MAX = 15
# A pool of any number of PGs may be asked for; the monitor would refuse more than 250 for each OSD.
SETTINGS = ("mon_max_pg_per_osd = 65536", "osd_max_pg_per_osd_hard_ratio = 1000")


class BenchCluster(Cluster):
    def __init__(self, binary, setting):
        # Clients that do the works instead of fio and rados bench.
        self.crowd = None
        super().__init__(osds=setting.osds, osd_bin=binary, auth=setting.auth, port=setting.port, size=setting.size,
                         base=setting.base, pool_size=setting.pool_size,
                         settings=SETTINGS + ((f"loligo_reactors = {setting.reactors}",) if setting.reactors else ()))
        self.osds = setting.osds
        self.filled = set()
        try:
            self.create_pool(POOL, setting.pgs)
            if setting.connections:
                self.crowd = Crowd(self.conf, POOL, setting.connections)
        except BaseException:
            self.stop()
            raise

    def stop(self, **how):
        if self.crowd:
            self.crowd.close()
        super().stop(**how)

    def pids(self):
        return [self.pid(f"osd.{osd}") for osd in range(self.osds)]

    def ask(self, prefix, osd=0, **arguments):
        return adminsocket.ask(f"{self.dir}/c/osd.{osd}.asok", prefix, **arguments)

    def ask_all(self, prefix):
        return [self.ask(prefix, osd) for osd in range(self.osds)]

    def usage(self):
        return Usage.of(self)

    def settle(self):
        """Waits until the log is checkpointed, nothing is left to compact and the daemons are quiet. True if so."""
        self.ask_all("flush_journal")
        end = time.monotonic() + QUIET_SECONDS_MAX
        while time.monotonic() < end:
            before = processes.cpu_seconds(self.pids())
            time.sleep(0.5)
            share = (processes.cpu_seconds(self.pids()) - before) / 0.5
            if share <= QUIET_CORE_SHARE * self.osds and not self._compactions():
                return True
        return False

    def _compactions(self):
        return sum(dump.get("rocksdb", {}).get("compact_queue_len", 0) for dump in self.ask_all("perf dump"))

    def restart_after_kill(self, osd=0, seconds=120):
        """Seconds from exec after `kill -9` until the OSD is about to send its boot message, and until it is active:
        by its log. A stock daemon whose admin socket is asked meanwhile may never answer again (its `status` waits for
        the lock that the start holds)."""
        self.kill(osd)
        log = pathlib.Path(f"{self.dir}/c/osd.{osd}.log").open("rb")
        log.seek(0, os.SEEK_END)
        written, begun = bytearray(), time.monotonic()
        self.start_osd(osd)

        def reached(*words):
            def now():
                written.extend(log.read())
                return any(word in written for word in words)
            wait_for(f"osd.{osd}: {words[-1].decode()}", now, seconds, 0.01)
            return time.monotonic() - begun
        with log:
            return reached(b"state: preboot -> booting", b"start_boot"), reached(b"state: booting -> active")


class Usage:
    """CPU, device writes and flushes of a cluster's OSDs since their start."""

    def __init__(self, cpu, written, flushes, checkpoints):
        self.cpu, self.written, self.flushes, self.checkpoints = cpu, written, flushes, checkpoints

    @classmethod
    def of(cls, cluster):
        pids = cluster.pids()
        cpu, written = processes.cpu_seconds(pids), processes.written_bytes(pids)
        dumps = cluster.ask_all("perf dump")
        return cls(cpu, written, sum(map(flushes, dumps)),
                   sum(dump.get("bluestore", {}).get("checkpoints", 0) for dump in dumps))

    def __sub__(self, earlier):
        return Usage(self.cpu - earlier.cpu, self.written - earlier.written, self.flushes - earlier.flushes,
                     self.checkpoints - earlier.checkpoints)


def flushes(dump):
    """loligo-osd counts what the device was asked; of ceph-osd it is the rounds of the thread that commits
    (`kv_sync_thread`), each of which flushes once or more."""
    ours = dump.get("device", {}).get("flushes")
    if ours is not None:
        return ours
    return dump.get("bluestore", {}).get("kv_flush_lat", {}).get("avgcount", 0)
