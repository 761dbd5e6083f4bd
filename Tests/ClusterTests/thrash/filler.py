"""A device that gets full: the ratios come down to just above what it has, and ballast does the rest.

Clients that write wait, as all pools are full then. Ballast is a pool of one copy; space comes back as it is
deleted, and the ratios go up again, whatever else happens meanwhile.
"""
import time

POOL = "ballast"
OBJECT_BYTES = 4 << 20
OBJECTS = 24          # below what librados lets be under way, 100 MiB, so that nobody waits to send
ROOM = 0.02          # of the device, until it is full
FILL_SECONDS = 20    # for ballast to get there
FULL_SECONDS = 8     # how long it stays
FREE_SECONDS = 15    # for the space to come back
STANDARD = {"nearfull": 0.85, "backfillfull": 0.90, "full": 0.95}


class Filler:
    """Idle, then filling, full and emptying, and idle again; `attend` takes the steps."""

    def __init__(self, admin, command, say):
        self.admin, self.command, self.say = admin, command, say
        self.phase, self.until, self.writes, self.pool = "idle", 0, [], None
        self.counts = {"filled": 0, "became full": 0, "freed": 0}

    def begin(self):
        if self.phase != "idle":
            return
        used = self.used()
        self.command("osd pool create", pool=POOL, pg_num=1, pgp_num=1, size=1)
        code, place, words = self.admin.monitor("osd map", pool=POOL, object="0")
        target = place["acting_primary"] if code == 0 else -1
        if target not in used:
            return self.delete_pool()
        self.set_ratios(dict.fromkeys(STANDARD, round(used[target] + ROOM, 4)))
        self.say(f"filling osd.{target}, {used[target]:.3f} used")
        self.admin.catch_up()
        self.pool = self.admin.pool(POOL)
        self.writes = [self.pool.begin_write(b"%d" % number, ("write_full", bytes([number]) * OBJECT_BYTES))
                       for number in range(OBJECTS)]
        self.counts["filled"] += 1
        self.enter("filling", FILL_SECONDS)

    def enter(self, phase, seconds):
        self.phase, self.until = phase, time.monotonic() + seconds

    def attend(self):
        is_late = time.monotonic() > self.until
        if self.phase == "filling" and (is_late or self.full()):
            self.counts["became full"] += not is_late
            self.say(f"full: osd.{self.full()}")
            self.enter("full", FULL_SECONDS)
        elif self.phase == "full" and is_late:
            self.empty()
            self.enter("emptying", FREE_SECONDS)
        elif self.phase == "emptying" and (is_late or not self.full()):
            self.counts["freed"] += not is_late
            self.end()

    def empty(self):
        """Ballast that still waits for room ends with its pool."""
        self.delete_pool()
        codes = [wait() for wait in self.writes]
        self.say(f"ballast: {codes.count(0)} of {len(codes)} objects had room")
        self.writes = []
        self.pool.close()
        self.pool = None

    def end(self):
        """Whatever the phase: no ballast, and the ratios as they were."""
        if self.pool:
            self.empty()
        if self.phase != "idle":
            self.set_ratios(STANDARD)
        self.phase = "idle"

    def delete_pool(self):
        self.command("osd pool delete", pool=POOL, pool2=POOL, yes_i_really_really_mean_it=True)

    def set_ratios(self, ratios):
        for name, ratio in ratios.items():
            self.command(f"osd set-{name}-ratio", ratio=ratio)

    def full(self):
        code, map, _ = self.admin.monitor("osd dump")
        return [osd["osd"] for osd in map["osds"] if "full" in osd["state"]] if code == 0 else []

    def used(self):
        _, table, _ = self.admin.manager("osd df")
        return {osd["id"]: 1 - osd["kb_avail"] / osd["kb"] for osd in (table or {"nodes": []})["nodes"] if osd["kb"]}
