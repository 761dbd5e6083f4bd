"""After the last event: everything comes to rest, and every copy holds what was acknowledged."""
import pathlib
import time

from .clients import check_read
from .pgs import pg_rows

CLEAN_SECONDS = 300
STATS_SECONDS = 6  # PGs tell the manager every 5 s: what it says is of now when it says so for longer
QUERIES = 4        # of PGs that are not clean, kept on failure


class Checks:
    def __init__(self, cluster, admin, daemons, events, histories, findings, say):
        self.cluster, self.admin, self.daemons, self.events = cluster, admin, daemons, events
        self.histories, self.findings, self.say = histories, findings, say

    def is_whole(self, rows):
        pools = self.events.dump()["pools"]
        settled = all(p["pg_num"] == p["pg_num_target"] == p["pg_placement_num"] for p in pools)
        return settled and len(rows) == sum(p["pg_num"] for p in pools)

    def wait_clean(self, when, seconds=CLEAN_SECONDS, also=lambda row: True):
        """Every PG active+clean for as long as statistics may be late."""
        begun, since = time.monotonic(), None
        while time.monotonic() - begun < seconds:
            rows = pg_rows(self.admin)
            bad = [row for row in rows if not is_clean(row["state"]) or not also(row)]
            if bad or not self.is_whole(rows):
                since = None
            elif since is None:
                since = time.monotonic()
            elif time.monotonic() - since >= STATS_SECONDS:
                self.say(f"{when}: {len(rows)} PGs active+clean after {time.monotonic() - begun:.0f} s")
                self.admin.catch_up()
                return True
            time.sleep(1)
        self.findings.add(f"{when}: not all PGs active+clean after {seconds} s: "
                          f"{len(rows)} PGs, whole: {self.is_whole(rows)}{self.describe(bad)}")
        return False

    def describe(self, rows):
        for row in rows[:QUERIES]:
            result = self.cluster.run("timeout", "20", "ceph", "pg", row["pgid"], "query", check=False)
            pathlib.Path(f"{self.cluster.dir}/c/query.{row['pgid']}.json").write_text(result.stdout or result.stderr)
        return "".join(f"\n  {row['pgid']} {row['state']} up {row['up']} acting {row['acting']} "
                       f"reported {row['reported_epoch']}" for row in rows)

    def read_back(self, pools, where):
        return sum(check_read(pools[h.pool], h, self.findings, where) for h in self.histories if not h.is_wrong)

    def check_lists(self, pools, where):
        for name, pool in pools.items():
            found = {entry.decode() for _, entry, _ in pool.list()}
            mine = [h for h in self.histories if h.pool == name and not h.is_doubtful]
            expected = {h.name for h in mine if h.head.data is not None}
            unsure = {h.name for h in self.histories if h.pool == name and h.is_doubtful}
            if found - unsure != expected:
                self.findings.add(f"{name}: listed{where}: missing {sorted(expected - found)}, "
                                  f"not expected {sorted(found - unsure - expected)}")

    def check_every_copy(self, pools):
        """Each OSD in turn is the primary of all PGs it has: every copy answers a read of every object."""
        for osd in self.daemons.all:
            for other in self.daemons.all:
                self.events.command("osd primary-affinity", id=other, weight=1.0 if other == osd else 0.0)
            if not self.wait_clean(f"osd.{osd} as primary", CLEAN_SECONDS, lambda row: (
                    osd not in row["acting"] or row["acting_primary"] == osd)):
                return
            right = self.read_back(pools, f" (osd.{osd} being primary)")
            self.check_lists(pools, f" (osd.{osd} being primary)")
            self.say(f"osd.{osd} as primary: {right} of {len(self.histories)} objects right")
            self.daemons.look()

    def check_stores(self):
        """The stores of ours, by the tool that opens them without the daemon."""
        tool = pathlib.Path(self.cluster.bins[0]).with_name("loligo-store")
        if not tool.exists():
            self.say(f"left out: fsck of the stores, there is no {tool}")
            return
        for osd in self.daemons.all:
            if self.daemons.is_stock(osd):
                self.say(f"left out: fsck of osd.{osd}, a stock store")
                continue
            self.daemons.terminate(osd)
            store = f"{self.cluster.dir}/c/osd.{osd}"
            result = self.cluster.run(tool, "fsck", "--deep", store, timeout=600, check=False)
            self.say(f"osd.{osd}: fsck: {result.stdout.strip().splitlines()[-1:]}")
            if result.returncode:
                kept = pathlib.Path(store).rename(f"{self.cluster.dir}/c/damaged.{osd}")  # The others are removed.
                self.findings.add(f"osd.{osd}: fsck: {result.stdout[:1500]}...{result.stdout[-500:]}"
                                  f"{result.stderr[-500:]}\n{kept} stays")


def is_clean(state):
    """Primaries scrub when they like to, and a PG of which a scrub found a copy that cannot be read stays
    inconsistent until the next one, whatever became of the copy: the last scrub judges that."""
    return set(state.split("+")) - {"scrubbing", "deep", "inconsistent"} == {"active", "clean"}


def keep_evidence(cluster):
    """What the OSDs were doing when the first thing went wrong: their ops, and the PGs, beside the logs."""
    kept = pathlib.Path(f"{cluster.dir}/c")
    for socket in sorted(kept.glob("osd.*.asok")):
        said = cluster.run("timeout", "10", "ceph", "daemon", socket, "dump_ops_in_flight", check=False)
        (kept / f"ops.{socket.stem}.json").write_text(said.stdout or said.stderr)
    for name, words in (("pgs", ("pg", "dump", "pgs_brief")), ("osds", ("osd", "dump"))):
        said = cluster.run("timeout", "20", "ceph", *words, check=False)
        (kept / f"{name}.txt").write_text(said.stdout or said.stderr)
