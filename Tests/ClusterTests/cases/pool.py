"""A pool of one PG whose place a case chooses, and what its objects should be."""
import itertools
import json
import time

import raw_ops
from harness import wait_for
from thrash.checks import is_clean

P, A, B, SPARE = range(4)  # the primary and the copies of most pools, and who has none of them
CLEAN_SECONDS = 240
numbers = itertools.count(1)


class CasePool:
    """Of one PG, on the OSDs that are named, the first being primary when all are there."""

    def __init__(self, mix, osds=(0, 1, 2), min_size=2):
        self.mix, self.osds, self.name = mix, list(osds), f"case.{next(numbers)}"
        mix.command("osd pool create", pool=self.name, pg_num=1, pgp_num=1, pool_type="replicated", size=len(osds))
        mix.command("osd pool set", pool=self.name, var="min_size", val=str(min_size))
        mix.command("osd pool application enable", pool=self.name, app="rados")
        self.id = next(p["pool"] for p in mix.dump()["pools"] if p["pool_name"] == self.name)
        self.pgid = f"{self.id}.0"
        mix.client.catch_up()
        self.io = mix.client.pool(self.name)
        self.objects = {}
        mix.pools.append(self)
        self.place(*osds)
        self.wait_clean()
        self.expect(type(self.ask(osds[1], "query")), str, "an answer of who does not lead the PG")

    def place(self, *osds):
        self.osds = list(osds)
        self.mix.command("osd pg-upmap", pgid=self.pgid, id=self.osds)

    # MARK: the PG

    def query(self):
        """The primary's word on the PG; nothing while there is none."""
        acting = self.mix.command("pg map", pgid=self.pgid)["acting"]
        said = self.ask(acting[0], "query") if acting else None
        return said if isinstance(said, dict) else {
            "state": "", "epoch": 0, "acting": [], "up": [], "recovery_state": []}

    def ask(self, osd, prefix, **arguments):
        """What an OSD says to a command to the PG: words if it does not lead it, nothing if it does not run."""
        try:
            return self.mix.ask(osd, prefix, pgid=self.pgid, **arguments)
        except OSError:
            return None

    @property
    def state(self):
        return set(self.query()["state"].split("+"))

    @property
    def sums(self):
        return self.query()["info"]["stats"]["stat_sum"]

    def wait(self, what, test, seconds=CLEAN_SECONDS, pause=0.1):
        """Until the PG's primary, with a map that is not older than this call, says what is waited for."""
        epoch, last = self.mix.epoch, [None]

        def is_so():
            last[0] = self.query()
            return last[0]["epoch"] >= epoch and test(last[0])
        try:
            return wait_for(f"{self.pgid} {what}", is_so, seconds, pause)
        except AssertionError as error:
            said = {key: last[0].get(key) for key in ("state", "epoch", "up", "acting")}
            raise AssertionError(f"{error}: {json.dumps(said)} {json.dumps(last[0]['recovery_state'])[:3000]}") from None

    def wait_state(self, *words, seconds=CLEAN_SECONDS):
        self.wait(f"{'+'.join(words)}", lambda q: set(words) <= set(q["state"].split("+")), seconds)

    def wait_clean(self, seconds=CLEAN_SECONDS):
        self.wait(f"active+clean on {self.osds}", lambda q: is_clean(q["state"]) and q["acting"] == self.osds, seconds)

    def wait_active(self, *osds):
        self.wait(f"active on {osds}", lambda q: "active" in q["state"].split("+") and q["acting"] == list(osds))

    # MARK: objects

    def put(self, name, data):
        """Written anew, and acknowledged."""
        self.expect(self.write(name, ("write_full", data)), 0, name)
        self.objects[name] = data

    def fill(self):
        """So much that the log does not reach back to the beginning."""
        for n in range(40):
            self.put(f"filled.{n % 10}", b"%d " % n * 3000)
        self.expect(self.query()["info"]["log_tail"] != "0'0", True, "a log that has been trimmed")

    def write(self, name, *steps):
        return self.io.write(name.encode(), *steps)[0]

    def send(self, connection, name, *ops, **more):
        """By a client that says what it is told to (`rawclient`); returns its number for the request."""
        return connection.send_op(self.id, 0, name.encode(), ops, flags=raw_ops.WRITE | raw_ops.ONDISK,
                                  epoch=self.mix.epoch, hash=self.hash(name), **more)

    def get(self, name):
        """An object's data, or the error."""
        code, *rest = self.io.read(name.encode(), ("read", 0, 1 << 20))
        return rest[0][2] if code >= 0 else code

    def expect(self, found, right, what):
        if found != right:
            raise AssertionError(f"{self.name}/{what}: {short(found)} instead of {short(right)}")

    def check(self):
        """Every object is there and right, and no other."""
        for name, data in self.objects.items():
            self.expect(self.get(name), data, name)
        self.expect(sorted(name.decode() for _, name, _ in self.io.list()), sorted(self.objects), "all objects")

    def check_waits(self, *calls, seconds=1.5):
        """None of what is under way is answered for a while."""
        time.sleep(seconds)
        for call in calls:
            if call.done():
                raise AssertionError(f"{self.name}: answered too soon: {short(call.result())}")

    def hash(self, name):
        """The place of an object among all."""
        found = self.mix.command("osd map", pool=self.name, object=name)
        return int(found["raw_pgid"].split(".")[1], 16)


def short(value):
    return f"{value[:60]}... ({len(value)} bytes)" if isinstance(value, bytes) and len(value) > 60 else repr(value)
