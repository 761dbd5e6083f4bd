"""What is done to a cluster while it is at work: seeded random events to daemons and to the map.

One OSD at most is away at a time: the pool of three copies can write with two, and of a pool of two
copies one is there. What is done to the map, scrubs, copies that cannot be read and full devices go on
meanwhile.
"""
import time

from .damage import Damage
from .filler import Filler
from .scrubs import KINDS, Scrubs

OUT_MOST = 1     # with one OSD away and one out, three of five are left for three copies
PGS_MOST = 64    # of each pool: two doublings
PGS_LEAST = 8
UP_SECONDS = 150  # from its return until the map must have an OSD up
MEAN_PAUSE = 2   # seconds


class Events:
    def __init__(self, cluster, admin, daemons, pools, histories, random, findings, say):
        self.admin, self.daemons, self.pools = admin, daemons, pools
        self.random, self.findings, self.say = random, findings, say
        self.scrubs = Scrubs(cluster, admin, findings, say)
        self.damage = Damage(admin, daemons, pools[0], histories, self.scrubs, random, findings, say)
        self.filler = Filler(admin, self.command, say)
        self.away = None       # (OSD, when it comes back)
        self.returning = None  # (OSD, since when)
        self.counts, self.left = {}, {}
        self.daemon_events = (self.kill, self.kill, self.terminate, self.stop, self.stop, self.mark_down)
        self.map_events = (self.out_or_in, self.out_or_in, self.reweight, self.split, self.merge, self.upmap, self.upmap,
                           self.pg_temp, self.pg_temp, self.affinity, self.affinity, self.size,
                           self.scrub, self.scrub, self.scrub, self.damage_copy, self.damage_copy, self.fill, self.fill)

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.step()
            time.sleep(min(self.random.expovariate(1 / MEAN_PAUSE), 8))

    def step(self):
        self.daemons.look()
        self.scrubs.listen()
        self.filler.attend()
        overdue = self.damage.attend()
        if self.away and time.monotonic() > self.away[1]:
            self.bring_back()
            return
        may_leave = self.away is None and self.all_are_up()
        if may_leave and overdue is not None:
            return self.leave("TERM", self.daemons.terminate, 0, overdue)
        event = self.draw(self.daemon_events if may_leave and self.random.random() < 0.5 else self.map_events)
        self.counts[event.__name__] = self.counts.get(event.__name__, 0) + 1
        event()

    def draw(self, events):
        """All of them in random order, before any comes again: so a short thrash has nearly every kind."""
        left = self.left.setdefault(events, [])
        if not left:
            left += self.random.sample(events, len(events))
        return left.pop()

    def command(self, prefix, **arguments):
        code, _, words = self.admin.monitor(prefix, **arguments)
        self.say(f"{prefix} {' '.join(f'{k}={v}' for k, v in arguments.items())}" +
                 (f": refused, {code} {words}" if code else ""))
        return code

    def dump(self):
        code, map, words = self.admin.monitor("osd dump")
        if code:
            raise AssertionError(f"osd dump: {code} {words}")
        return map

    def all_are_up(self):
        """Also looks at who returns: one that does not get up in time is a finding."""
        down = [osd["osd"] for osd in self.dump()["osds"] if not osd["up"]]
        if not down:
            self.returning = None
        elif not self.returning:
            self.returning = (down[0], time.monotonic())
        elif time.monotonic() - self.returning[1] > UP_SECONDS:
            self.look_at_late(down)
        return not down

    def look_at_late(self, down):
        held = [osd for osd in down if self.daemons.is_held_for_dead(osd)]
        for osd in held:
            self.say(f"KILL osd.{osd}, which does not boot for its full state, and back")
            self.daemons.kill(osd)
            self.daemons.bring_back(osd)
        if not held:
            self.findings.add(f"osd.{down} not up {UP_SECONDS} s after osd.{self.returning[0]} came back")
        self.returning = (self.returning[0], time.monotonic())

    # MARK: daemons

    def leave(self, what, act, seconds, osd=None):
        osd = self.random.choice(self.daemons.all) if osd is None else osd
        self.say(f"{what} osd.{osd} for {seconds:.1f} s")
        act(osd)
        self.away = (osd, time.monotonic() + seconds)

    def kill(self):
        self.leave("KILL", self.daemons.kill, self.random.uniform(0, 15))

    def terminate(self):
        self.leave("TERM", self.daemons.terminate, self.random.uniform(0, 10))

    def stop(self):
        self.leave("STOP", self.daemons.stop, self.random.uniform(5, 20))

    def bring_back(self):
        osd, _ = self.away
        self.say(f"back: osd.{osd}")
        self.daemons.bring_back(osd)
        self.away, self.returning = None, (osd, time.monotonic())

    def mark_down(self):
        osd = self.random.choice(self.daemons.all)
        self.command("osd down", ids=[str(osd)])
        self.returning = (osd, time.monotonic())

    # MARK: the map

    def out_or_in(self):
        out = [osd["osd"] for osd in self.dump()["osds"] if not osd["in"]]
        if len(out) >= OUT_MOST:
            self.command("osd in", ids=[str(self.random.choice(out))])
        else:
            self.command("osd out", ids=[str(self.random.choice(self.daemons.all))])

    def reweight(self):
        osd = self.random.choice(self.daemons.all)
        # An OSD that is out would be in again by this.
        if next(o for o in self.dump()["osds"] if o["osd"] == osd)["in"]:
            self.command("osd reweight", id=osd, weight=self.random.choice((0.6, 0.8, 1.0, 1.0)))

    def affinity(self):
        osd = self.random.choice(self.daemons.all)
        self.command("osd primary-affinity", id=osd, weight=self.random.choice((0.0, 0.5, 1.0)))

    def split(self):
        pool = self.random_pool()
        if pool["pg_num_target"] * 2 <= PGS_MOST:
            self.command("osd pool set", pool=pool["pool_name"], var="pg_num", val=str(pool["pg_num_target"] * 2))

    def merge(self):
        """One or two PGs fewer: each has to come to rest with its target first."""
        pool = self.random_pool()
        fewer = pool["pg_num_target"] - self.random.choice((1, 2))
        if fewer >= PGS_LEAST:
            self.command("osd pool set", pool=pool["pool_name"], var="pg_num", val=str(fewer))

    def upmap(self):
        map = self.dump()
        if map["pg_upmap"] and self.random.random() < 0.4:
            self.command("osd rm-pg-upmap", pgid=self.random.choice(map["pg_upmap"])["pgid"])
        else:
            self.place("osd pg-upmap")

    def pg_temp(self):
        self.place("osd pg-temp")

    def size(self):
        """Three copies become two, or two three; what was placed by hand for the other size goes first."""
        pool = self.pool(self.pools[0])
        if self.damage.copies:
            return  # Of two copies one that cannot be read is one too many.
        for entry in self.dump()["pg_upmap"]:
            if entry["pgid"].startswith(f"{pool['pool']}."):
                self.command("osd rm-pg-upmap", pgid=entry["pgid"])
        set_size(self.command, pool["pool_name"], 5 - pool["size"])

    def place(self, prefix):
        pool = self.random_pool()
        pg = self.random_pg(pool)
        osds = self.random.sample(list(self.daemons.all), pool["size"])
        self.command(prefix, pgid=pg, id=osds)

    def random_pool(self):
        return self.pool(self.random.choice(self.pools))

    def pool(self, name):
        return next(pool for pool in self.dump()["pools"] if pool["pool_name"] == name)

    def random_pg(self, pool):
        return f"{pool['pool']}.{self.random.randrange(pool['pg_num']):x}"

    # MARK: scrubs and devices

    def scrub(self):
        self.scrubs.ask(self.random.choice(KINDS), self.random_pg(self.random_pool()))

    def damage_copy(self):
        if self.pool(self.pools[0])["size"] == 3:
            self.damage.add(self.away[0] if self.away else None)

    def fill(self):
        self.filler.begin()

    # MARK: the end

    def undo(self):
        """All up and in, nothing placed by hand any more; sizes and numbers of PGs stay."""
        if self.away:
            self.bring_back()
        self.filler.end()
        map = self.dump()
        for entry in map["pg_upmap"]:
            self.command("osd rm-pg-upmap", pgid=entry["pgid"])
        self.command("osd in", ids=[str(osd) for osd in self.daemons.all])
        for osd in self.daemons.all:
            self.command("osd reweight", id=osd, weight=1.0)
            self.command("osd primary-affinity", id=osd, weight=1.0)


def set_size(command, pool, size):
    """Of three copies two must be there to write, of two one."""
    command("osd pool set", pool=pool, var="size", val=str(size))
    command("osd pool set", pool=pool, var="min_size", val=str(size - 1))
