"""A cluster of one mix, and what cases do to its OSDs."""
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import tempfile

import librados
import rawclient
from harness import GIB, Cluster, is_running, wait_for
from .network import Network

HEARTBEAT_GRACE = 5  # seconds

# Logs are short, so that who has nothing of a PG is backfilled. Silence is noticed soon; what is refused is asked
# for again soon; the manager hears news at once. An OSD that is often marked down goes on. Injected read errors
# count in stock's store only if an option says so.
SETTINGS = (
    f"osd_heartbeat_grace = {HEARTBEAT_GRACE}", "osd_heartbeat_interval = 1", "mon_osd_adjust_heartbeat_grace = false",
    "mon_osd_min_up_ratio = 0.01", "mon_osd_min_in_ratio = 0.01", "mon_osd_down_out_interval = 3600",
    "osd_max_markdown_count = 1000000", "paxos_propose_interval = 0.05", "mon_tick_interval = 1",
    "mgr_stats_period = 1", "osd_mon_report_interval = 1", "osd_beacon_report_interval = 1",
    "mon_min_osdmap_epochs = 10", "paxos_service_trim_min = 1", "osd_backfill_retry_interval = 1",
    "osd_recovery_retry_interval = 1", "osd_min_pg_log_entries = 10", "osd_max_pg_log_entries = 20",
    "osd_pg_log_trim_min = 5", "bluestore_debug_inject_read_err = true",
    "osd_scrub_backoff_ratio = 0", "osd_scrub_load_threshold = 1000", "osd_max_scrubs = 8",
    "osd_pool_default_size = 3", "osd_pool_default_min_size = 2")
OSDS = 4


class Mix:
    """Four OSDs, of which 0 and 2 are of one kind, 1 and 3 of another, or all of one."""

    def __init__(self, bins, port):
        self.bins = bins
        self.bin_dir = tempfile.mkdtemp(prefix="loligo-bins.")
        self.network = Network(OSDS)
        self.cluster = Cluster(
            osds=OSDS, auth="none", port=port, size=2 * GIB, address=self.network.address,
            osd_bin=",".join(self.network.inside(binary, self.bin_dir) for binary in bins),
            settings=[*SETTINGS, f"debug osd = {os.environ.get('LOLIGO_DEBUG_OSD', '1/5')}", *self.network.settings()])
        self.admin = librados.Cluster(self.cluster.conf, op_timeout=60)
        self.client = librados.Cluster(self.cluster.conf, op_timeout=240)
        self.threads = concurrent.futures.ThreadPoolExecutor(max_workers=16)
        self.gone, self.stopped, self.cuts = set(), set(), set()
        self.pools = []
        self.command("osd set-require-min-compat-client", version="luminous")

    def end(self, keep_logs):
        self.threads.shutdown(wait=False, cancel_futures=True)
        for osd in self.stopped:
            os.kill(self.cluster.pid(f"osd.{osd}"), signal.SIGCONT)
        self.cluster.stop(keep_logs=keep_logs)
        self.network.end()
        shutil.rmtree(self.bin_dir, ignore_errors=True)

    # MARK: the monitor's word

    def command(self, prefix, **arguments):
        code, out, words = self.admin.monitor(prefix, **arguments)
        if code:
            raise AssertionError(f"{prefix} {arguments}: {code} {words}")
        return out

    def dump(self):
        return self.command("osd dump")

    @property
    def epoch(self):
        return self.dump()["epoch"]

    def is_up(self, osd):
        return next(bool(o["up"]) for o in self.dump()["osds"] if o["osd"] == osd)

    def flags(self, how, *names):
        for name in names:
            self.command(f"osd {how}", key=name)

    # MARK: OSDs

    def kill(self, *osds):
        """All at once; returns when the map says so."""
        for osd in osds:
            pid = self.cluster.pid(f"osd.{osd}")
            os.kill(pid, signal.SIGKILL)
            self.gone.add(osd)
            self.stopped.discard(osd)
        for osd in osds:
            pid = self.cluster.pid(f"osd.{osd}")
            wait_for(f"osd.{osd} gone after KILL", lambda: not is_running(pid), pause=0.02)
            pathlib.Path(f"{self.cluster.dir}/c/osd.{osd}.pid").unlink()
        wait_for(f"{osds} down", lambda: not any(map(self.is_up, osds)), pause=0.1)

    def stop(self, *osds):
        """They stand still, and nobody knows of it yet."""
        for osd in osds:
            os.kill(self.cluster.pid(f"osd.{osd}"), signal.SIGSTOP)
            self.stopped.add(osd)

    def start(self, *osds):
        for osd in osds:
            self.cluster.start_osd(osd)
            self.gone.discard(osd)
        wait_for(f"{osds} up", lambda: all(map(self.is_up, osds)), pause=0.1)

    def replace(self, osd):
        """A new OSD with the number of one that is destroyed."""
        self.cluster.ceph("osd", "destroy", osd, "--yes-i-really-mean-it")
        self.cluster.empty_osd(osd, is_new=True)

    def restore(self):
        """What a case that failed has left behind does not trouble the next; its pools are to go too."""
        for osd in list(self.stopped):
            os.kill(self.cluster.pid(f"osd.{osd}"), signal.SIGCONT)
            self.stopped.discard(osd)
        if self.cuts:
            self.mend()
        if self.gone:
            self.start(*self.gone)

    def remove_pools(self, pools):
        for pool in pools:
            self.pools.remove(pool)
            self.command("osd pool delete", pool=pool.name, pool2=pool.name, yes_i_really_really_mean_it=True)

    def ended_by_themselves(self):
        return [osd for osd in range(OSDS)
                if osd not in self.gone and not is_running(self.cluster.pid(f"osd.{osd}"))]

    def cut(self, *osds):
        self.network.cut(*osds)
        self.cuts |= set(osds)

    def mend(self):
        self.network.mend(*self.cuts)
        self.cuts = set()

    def ask(self, osd, prefix, **arguments):
        """What the OSD's admin socket answers."""
        with socket.socket(socket.AF_UNIX) as asok:
            asok.settimeout(30)
            asok.connect(f"{self.cluster.dir}/c/osd.{osd}.asok")
            asok.sendall(json.dumps({"prefix": prefix, "format": "json", **arguments}).encode() + b"\0")
            stream = asok.makefile("rb")
            length, = struct.unpack(">I", stream.read(4))
            text = stream.read(length).decode()
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text

    def set_option(self, osd, **options):
        for name, value in options.items():
            self.ask(osd, "config set", var=name, val=[str(value)])

    def raw_client(self, osd):
        """A client that nobody resends for: what it said to an OSD that dies is lost with it."""
        entry = next(o for o in self.dump()["osds"] if o["osd"] == osd)
        address = next(a for a in entry["public_addrs"]["addrvec"] if a["type"] == "v2")
        ip, port = address["addr"].rsplit(":", 1)
        return rawclient.Connection(int(port), address["nonce"], ip)

    def later(self, call, *arguments):
        """Runs it beside; the result may be asked for when it should be there."""
        return self.threads.submit(call, *arguments)

    def stored_names(self, osd, pgid):
        """The objects of a PG in the store of an OSD that does not run."""
        store = f"{self.cluster.dir}/c/osd.{osd}"
        binary = pathlib.Path(self.bins[osd % len(self.bins)])
        if binary.name == "ceph-osd":
            lines = self.cluster.run("ceph-objectstore-tool", "--data-path", store, "--pgid", pgid, "--op", "list")
            return {json.loads(line)[1]["oid"] for line in lines.stdout.splitlines()}
        lines = self.cluster.run(binary.with_name("loligo-store"), "list", store, f"{pgid}_head").stdout
        return {line.split(":")[4] for line in lines.splitlines()}
