"""One thrash from a fresh cluster to its end."""
import pathlib
import random
import time

import librados
from harness import GIB, OSD_BIN, Cluster, wait_for
from .checks import Checks, keep_evidence
from .clients import Findings, Reader, Writer
from .daemons import Daemons
from .events import Events, set_size
from .model import ObjectHistory

POOLS = ("three", "two")
PGS = 16
WRITERS, READERS, OBJECTS_EACH = 4, 3, 60

# Scrubs that are asked for begin soon, some at a time, and the monitor remembers what OSDs said of them;
# copies of stock OSDs can be damaged too.
SCRUBS = ("osd_scrub_backoff_ratio = 0", "osd_scrub_load_threshold = 1000", "osd_max_scrubs = 3", "mon_log_max_summary = 1000",
          "bluestore_debug_inject_read_err = true")

# Silence is noticed soon; logs are short, so that an absence now and then means a backfill; objects are
# copied in several parts. One that is marked down often goes on. The monitor does not wait for more.
SETTINGS = (
    "osd_heartbeat_grace = 6", "osd_heartbeat_interval = 2", "osd_max_markdown_count = 1000000",
    "osd_min_pg_log_entries = 40", "osd_max_pg_log_entries = 80", "osd_pg_log_trim_min = 10",
    "osd_max_backfills = 4", "osd_backfill_retry_interval = 5", "osd_recovery_retry_interval = 5",
    "osd_recovery_max_chunk = 131072", "osd_recovery_max_omap_entries_per_chunk = 40",
    "paxos_propose_interval = 0.1")


def is_stock(binary):
    return pathlib.Path(binary).name == "ceph-osd"


class Thrash:
    def __init__(self, seconds, osds, mix, seed, port=25600, log_level=None, quiet=False, network_failures=5000,
                 delays=0.002):
        self.seconds, self.osds, self.seed, self.quiet = seconds, osds, seed, quiet
        self.bins = [OSD_BIN] if mix == "ours" else [OSD_BIN, "ceph-osd"]
        self.settings = SETTINGS + SCRUBS + (f"ms_inject_socket_failures = {network_failures}",)
        self.settings += ((f"debug osd = {log_level}",) if log_level is not None else ())
        self.settings += self.delay_settings(delays)
        self.port, self.begun = port, time.monotonic()
        self.findings = Findings(self.say)

    def delay_settings(self, part):
        """Some of what OSDs tell anybody, and clients tell OSDs, comes late.

        Not what OSDs tell stock ones: those may end themselves when a peer answers at once after it reset
        their session (ProtocolV2.cc, handle_server_ident: delay_state->ready()).
        """
        everybody = ("ms_inject_delay_type = osd client", f"ms_inject_delay_probability = {part}",
                     "ms_inject_delay_max = 1")
        stock = [osd for osd in range(self.osds) if is_stock(self.bins[osd % len(self.bins)])]
        return everybody + tuple(line for osd in stock for line in (f"[osd.{osd}]", "ms_inject_delay_type = client"))

    def say(self, text):
        if not self.quiet:
            print(f"{time.strftime('%H:%M:%S')} {time.monotonic() - self.begun:6.1f} {text}", flush=True)

    def run(self):
        """The texts of all findings; the logs stay if there are any."""
        self.say(f"seed {self.seed}, {self.seconds:.0f} s of events, OSDs: {self.osds} of {', '.join(self.bins)}")
        cluster = Cluster(osds=self.osds, osd_bin=",".join(self.bins), port=self.port, size=3 * GIB,
                          settings=self.settings)
        cluster.bins = self.bins
        try:
            self.thrash(cluster)
        except Exception as error:
            self.findings.add(f"the thrash itself ended: {type(error).__name__}: {error}")
        finally:
            cluster.stop(keep_logs=bool(self.findings.texts))
        if self.findings.texts:
            self.say(f"logs: {cluster.dir}/c")
        return self.findings.texts

    def thrash(self, cluster):
        self.prepare(cluster)
        self.findings.evidence = lambda: keep_evidence(cluster)
        admin = librados.Cluster(cluster.conf)
        daemons = Daemons(cluster, self.osds, self.findings)
        clients, histories = self.make_clients(cluster)
        events = Events(cluster, admin, daemons, POOLS, histories, random.Random(self.seed), self.findings, self.say)
        try:
            for client in clients:
                client.start()
            events.run(self.seconds)
        finally:
            # Also ends what was stopped: a process that is, does not hear TERM.
            events.undo()
            self.stop(clients)
        checks = Checks(cluster, admin, daemons, events, histories, self.findings, self.say)
        self.check(checks, admin, daemons)
        self.say(f"events: {events.counts}, devices: {events.filler.counts}")

    def prepare(self, cluster):
        cluster.wait_up(self.osds)
        cluster.ceph("config", "set", "mgr", "target_max_misplaced_ratio", "1")
        cluster.ceph("osd", "set-require-min-compat-client", "luminous")
        for name, size in zip(POOLS, (3, 2)):
            cluster.ceph("osd", "pool", "create", name, str(PGS), str(PGS), "replicated", "--size", str(size))
            cluster.ceph("osd", "pool", "set", name, "min_size", str(size - 1))
            cluster.ceph("osd", "pool", "application", "enable", name, "rados")
            wait_for(f"PGs of {name} active+clean", lambda: cluster.clean_pgs(name) == PGS, 60, 1)

    def make_clients(self, cluster):
        clients, histories = [], []
        for number in range(WRITERS):
            mine = [ObjectHistory(pool, f"{number}.{i}") for i in range(OBJECTS_EACH // 2) for pool in POOLS]
            histories += mine
            clients.append(Writer(f"writer.{number}", self.seed, cluster.conf, mine, self.findings))
        for number in range(READERS):
            clients.append(Reader(f"reader.{number}", self.seed, cluster.conf, histories, self.findings))
        return clients, histories

    def stop(self, clients):
        for client in clients:
            client.is_stopping.set()
        for client in clients:
            client.stop()
            self.say(f"{client.name}: {client.count} ops")

    def check(self, checks, admin, daemons):
        wait_for("all OSDs up", checks.events.all_are_up, 300, 1)
        if not checks.wait_clean("at the end"):
            return
        daemons.look()
        checks.events.damage.end()
        checks.events.scrubs.all_clean()
        pools = {name: admin.pool(name) for name in POOLS}
        right = checks.read_back(pools, " (at the end)")
        checks.check_lists(pools, " (at the end)")
        self.say(f"{right} of {len(checks.histories)} objects right")
        checks.check_every_copy(pools)
        daemons.check_memory(self.say)
        checks.check_stores()
