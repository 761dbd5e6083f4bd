"""Works: what clients do while an OSD is measured. One is written KIND SIZE [@DEPTH] [:BOUND], like w4k@1 or o4k:60s.

    wN  writes of new objects of N bytes (rados bench)
    rN  reads of such objects at random (rados bench; for a time only, it cannot count)
    sN  the same, counted (fio)
    oN  overwrites of N bytes at random in 64 filled objects of 4 MiB (fio)
    xN  reads of N bytes at random in the same (fio)

The queue depth is 16 if none is given. The bound is a number of ops, or seconds with an s behind; without one the
run's own bound holds.
"""
import dataclasses
import re

KINDS = {"w": "new objects", "r": "objects at random", "s": "objects at random", "o": "overwrites at random",
         "x": "reads at random"}
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20}
FORM = re.compile(r"([wrsox])(\d+)([km]?)(?:@(\d+))?(?::(\d+)(s?))?")
# As many objects are read with either daemon, and no more than this in all.
READ_BYTES_MAX = 128 << 20
# Enough for any run; a run that is to end by time or by count is given this for the other one.
OPS_MAX = 1 << 40
SECONDS_MAX = 600


@dataclasses.dataclass(frozen=True)
class Bound:
    """Where a run ends: after a number of ops, or after a time."""
    ops: int = OPS_MAX
    seconds: int = SECONDS_MAX

    @property
    def is_counted(self):
        return self.ops < OPS_MAX


@dataclasses.dataclass(frozen=True)
class Work:
    name: str
    kind: str
    size: int
    depth: int = 16
    bound: Bound | None = None

    @property
    def is_write(self):
        return self.kind in "wo"

    @property
    def is_fio(self):
        return self.kind in "sox"

    @property
    def load(self):
        """The name without the depth: works of one load at several depths are one line of a chart."""
        return re.split("[@:]", self.name)[0]


def parse(text):
    form = FORM.fullmatch(text)
    if not form:
        raise ValueError(f"'{text}' is no work: {__doc__}")
    kind, number, unit, depth, count, is_seconds = form.groups()
    bound = None
    if count:
        bound = Bound(seconds=int(count)) if is_seconds else Bound(ops=int(count))
    # A timed work is another one than the counted work of the same load.
    name = text if is_seconds else text.split(":")[0]
    return Work(name, kind, int(number) * UNITS[unit], int(depth or 16), bound)


def parse_list(text):
    return [parse(word) for word in text.split(",") if word]


def objects_to_read(work, most):
    return max(1, min(most, READ_BYTES_MAX // work.size))
