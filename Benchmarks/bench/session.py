"""Rounds: in each, every side gets a fresh cluster on the same disk and ports, one at a time, and does all works.

Counted work has the same number of ops on both sides. Where a work names none, the side that goes first in the first
round, the reference, runs it for a time, and what it did is the count from then on.
"""
import dataclasses
import pathlib
import subprocess
import sys

from . import once, works
from .cluster import BenchCluster
from .measure import measure
from .profile import profile
from .summary import Samples

FAILURES = (AssertionError, OSError, ValueError, subprocess.SubprocessError)


@dataclasses.dataclass(frozen=True)
class Setting:
    """What is measured, and in which cluster."""
    works: list
    osds: int = 1
    pool_size: int = 1
    pgs: int = 32
    auth: str = "cephx"
    base: str = "/tmp"
    port: int = 23300
    size: int = 20 << 30
    # Of ours; 0 is its own choice.
    reactors: int = 0
    # Clients that take turns, each with a connection; 0: fio and rados bench, which have one.
    connections: int = 0
    objects: int = 8192
    seconds: int = 8
    is_counted: bool = True
    # What is measured once in a cluster's life, after the works (`once`).
    extras: tuple = ()
    # The works that are run once more, in the first round, to see where the CPU time goes.
    profiled: tuple = ()


@dataclasses.dataclass(frozen=True)
class Side:
    """A daemon, and what is otherwise for it than the setting says."""
    binary: str
    otherwise: dict = dataclasses.field(default_factory=dict)

    def __str__(self):
        words = [pathlib.Path(self.binary).name, *(f"{name}={value}" for name, value in self.otherwise.items())]
        return " ".join(words)


class Session:
    def __init__(self, setting, sides, name="bench"):
        """`sides`: by their names; the last is the reference."""
        self.setting, self.sides, self.name = setting, sides, name
        self.samples = Samples(list(sides))
        self.counts = {}
        self.failed = []

    def round(self, number):
        """Every side once; where ops are counted the reference first."""
        for side in reversed(self.sides) if self.setting.is_counted else self.sides:
            self.one(side, number)

    def one(self, side, number):
        """One cluster's life."""
        setting = dataclasses.replace(self.setting, **self.sides[side].otherwise)
        self.say(f"round {number + 1}: {self.sides[side]}, {setting.osds} OSDs")
        try:
            cluster = BenchCluster(self.sides[side].binary, setting)
        except FAILURES as error:
            return self.fail("a cluster", side, error)
        try:
            for work in setting.works:
                self.attempt(work.name, side, lambda: self.measure(cluster, work, number))
            self.attempt("all", side, lambda: once.resident(cluster))
            if number == 0:
                for work in map(works.parse, setting.profiled):
                    self.attempt(work.name, side, lambda: profile(cluster, work, setting.objects))
            for extra in setting.extras:
                self.attempt(extra, side, lambda: once.EXTRAS[extra](cluster))
        finally:
            cluster.stop()

    def attempt(self, what, side, measured):
        """A work that fails is said, counted, and left out; the others go on."""
        try:
            figures = measured()
        except FAILURES as error:
            return self.fail(what, side, error)
        self.samples.add(what, side, figures)

    def fail(self, what, side, error):
        self.failed.append(f"{what} on {self.sides[side]}")
        self.say(f"{self.failed[-1]} failed: {str(error)[-600:]}")

    def measure(self, cluster, work, number):
        bound = work.bound or self.counts.get(work.name) or self.first_bound(work)
        figures = measure(cluster, work, bound, self.setting.objects, number + 1)
        if self.setting.is_counted and work.kind != "r":
            self.counts.setdefault(work.name, works.Bound(ops=int(figures["ops"])))
        self.say(f"  {work.name}: {figures['ops']:.0f} ops, {figures['iops']:.0f} a second, {figures['cpu_us']:.0f} us "
                 "of CPU each")
        return figures

    def first_bound(self, work):
        """A time, and of new objects what fills half of a device: those of the work before may still be deleted."""
        bound = works.Bound(seconds=self.setting.seconds)
        if work.kind != "w":
            return bound
        return dataclasses.replace(bound, ops=self.setting.size // 2 // work.size)

    def say(self, text):
        print(f"{self.name}: {text}", file=sys.stderr, flush=True)
