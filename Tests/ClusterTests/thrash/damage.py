"""Copies that cannot be read: a thrash's OSDs get EIO for some objects, and must have them from others.

One copy at most of an object, and only where three are asked for: with one OSD away another has it. The
error goes when the copy is repaired, by a read or by a scrub, or with the OSD's process.
"""
import time
from typing import NamedTuple

from .pgs import pg_rows, place_of, stamp_of

MOST = 3            # at a time
ASK_SECONDS = 10    # between repairs that are asked for
BEAR_SECONDS = 40   # a read may wait until its PG is clean: then the OSD starts anew
SCRUB_SECONDS = 5   # a scrub that ended sooner may have looked at the copy before


class BadCopy(NamedTuple):
    name: str
    osd: int
    pid: int
    since: float


class Damage:
    def __init__(self, admin, daemons, pool, histories, scrubs, random, findings, say):
        self.admin, self.daemons, self.pool = admin, daemons, pool
        self.histories = [history for history in histories if history.pool == pool]
        self.scrubs, self.random, self.findings, self.say = scrubs, random, findings, say
        self.copies, self.asked = [], 0
        self.ends = {"repaired": 0, "process ended": 0}

    def add(self, away):
        """One more, if there may be: of an object that never had one."""
        fresh = [h.name for h in self.histories if h.head.data and h.name not in self.scrubs.damaged]
        if len(self.copies) >= MOST or not fresh:
            return
        name = self.random.choice(fresh)
        pgid, acting = place_of(self.admin, self.pool, name)
        osd = self.random.choice(acting)
        if osd == away or osd not in self.daemons.all:
            return
        self.scrubs.damaged.add(name)
        self.scrubs.last_damage = time.monotonic()
        self.copies.append(BadCopy(name, osd, self.daemons.pids[osd], time.time()))
        code = self.daemons.command(osd, "injectdataerr", self.pool, name)
        role = "primary" if osd == acting[0] else "replica"
        self.say(f"EIO of {self.pool}/{name} of {pgid} at osd.{osd}, a {role}: {code}")

    def attend(self):
        """Drops what is over, asks for repairs now and then. The OSD that has borne it for too long."""
        if not self.copies or time.monotonic() - self.asked < ASK_SECONDS:
            return None
        self.asked = self.scrubs.last_damage = time.monotonic()
        rows = {row["pgid"]: row for row in pg_rows(self.admin)}
        self.copies = [copy for copy in self.copies if not self.is_over(copy, rows)]
        overdue = [copy.osd for copy in self.copies if time.time() - copy.since > BEAR_SECONDS]
        return overdue[0] if overdue else None

    def is_over(self, copy, rows):
        if self.daemons.pids[copy.osd] != copy.pid or copy.osd in self.daemons.gone:
            self.say(f"EIO of {copy.name}: osd.{copy.osd} was ended")
            self.ends["process ended"] += 1
            return True
        pgid, _ = place_of(self.admin, self.pool, copy.name)
        if pgid in rows and was_clean(rows[pgid], copy.since + SCRUB_SECONDS):
            self.say(f"EIO of {copy.name} at osd.{copy.osd}: gone, as a deep scrub of {pgid} finds")
            self.ends["repaired"] += 1
            return True
        self.scrubs.ask("repair", pgid)
        return False

    def end(self, seconds=300):
        """When all is at rest, repairs must mend what is left."""
        until = time.monotonic() + seconds
        while self.copies and time.monotonic() < until:
            self.attend()
            time.sleep(1)
        for copy in self.copies:
            self.findings.add(f"EIO of {copy.name} at osd.{copy.osd} is not repaired after {seconds} s at rest")
        self.say(f"EIO: {self.ends}")


def was_clean(row, since):
    """A deep scrub ended after that, and it left nothing."""
    is_over = not any(word in row["state"] for word in ("inconsistent", "repair", "scrubbing"))
    return is_over and row["last_deep_scrub_stamp"] > stamp_of(since) and not row["stat_sum"]["num_scrub_errors"]
