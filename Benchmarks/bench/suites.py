"""The named suites: what each measures, in how many rounds."""
import dataclasses

from . import works
from .session import Setting

GIB = 1 << 30


@dataclasses.dataclass(frozen=True)
class Suite:
    """`parts`: settings by the part of the thresholds that judges them, each done `rounds` times."""
    about: str
    rounds: int
    parts: dict
    # No round begins that, taking as long as the longest before, would end later than this after the start.
    minutes: int
    # Whether a bound that must hold decides the exit status.
    is_check: bool = False
    # By part: what is otherwise for the reference, which is our daemon as well.
    baselines: dict = dataclasses.field(default_factory=dict)


# With a store of 6 GiB the log is 96 MiB by default, so that a minute of writes has several checkpoints.
ONE = Setting(works=[], size=6 * GIB)
THREE = dataclasses.replace(ONE, osds=3, pool_size=3, size=4 * GIB)
# What differs most from run to run is done more than once in a round.
DEPTH_1 = "w4k@1,o4k@1,s4k@1"
LARGE = "w4m,s4m"


def _with(setting, names, **more):
    return dataclasses.replace(setting, works=works.parse_list(names), **more)


SUITES = {
    "quick": Suite(
        "4 KiB at depths 16 and 1, 2 rounds, the reference 4 s each; under 10 minutes", 2,
        {"one": _with(ONE, f"w4k,o4k,s4k,{DEPTH_1}", seconds=4, extras=("idle", "start"),
                      profiled=("o4k", "s4k"))}, 10),
    "full": Suite(
        "all works of the table, latency against load, a minute each for percentiles and for checkpoints, "
        "then three OSDs; 5 rounds, under 60 minutes", 5,
        {"one": _with(ONE, f"o4k:60s,x4k:60s,w4k:90000,o4k:100000,s4k,{DEPTH_1},{DEPTH_1},o4k@4,o4k@32,"
                      f"w64k,s64k,{LARGE},{LARGE},{LARGE}", seconds=4,
                      extras=("idle", "start"), profiled=("o4k", "s4k")),
         "three": _with(THREE, "w4k,w4k@1,w4k@1", seconds=4)}, 60),
    "check": Suite(
        "the bounds that must hold, 1 round; under 3 minutes", 1,
        {"one": _with(ONE, "w4k,o4k,s4k", seconds=3)}, 3, is_check=True),
    "load": Suite(
        "latency against load: overwrites and reads at depths 1 to 64, 3 rounds", 3,
        {"one": _with(ONE, ",".join(f"{load}@{depth}" for load in ("o4k", "s4k") for depth in (1, 2, 4, 8, 16, 32, 64)),
                      seconds=5)}, 60),
    "checkpoints": Suite(
        "a write run that fills the log of a default ring of 320 MiB several times, 3 rounds", 3,
        {"one": _with(dataclasses.replace(ONE, size=20 * GIB), "w4k:250000,o4k:250000")}, 60),
    "scale": Suite(
        "ours against itself: 1,024 PGs and 32, two reactors and one, 1,000 connections and one, 3 rounds", 3,
        {"pgs": _with(ONE, "w4k:40000,o4k:40000,s4k:100000", pgs=1024),
         "reactors": _with(ONE, "w4k:40000,o4k:40000,s4k:100000,w4k@1:5000,o4k@1:5000,s4k@1:20000", reactors=2),
         "connections": _with(ONE, "o4k:20000,s4k:40000,o4k@1:4000,s4k@1:10000", connections=1000)}, 60,
        baselines={"pgs": {"pgs": 32}, "reactors": {"reactors": 1}, "connections": {"connections": 1}}),
    "start": Suite(
        "from exec to active after kill -9, with 1,000,000 objects, 1 round", 1,
        {"one": _with(dataclasses.replace(ONE, size=20 * GIB), "w4k:1000000", extras=("start",))}, 60),
}
