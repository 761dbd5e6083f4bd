"""Parts of an op's way alone, as instructions of each op: Benchmarks/MicroBench under callgrind.

Instructions hardly depend on the machine or on what else it does. A run of many ops less one of few, by the difference:
what a start costs is not in it.
"""
import pathlib
import re
import subprocess
import tempfile

from . import ROOT, thresholds

FEW, MANY = 200, 1200
SECONDS_MAX = 120
FAMILIES = {"codec": ("decode", "encode", "object"), "messenger": ("assemble", "parse"), "store": ("store",)}
COLLECTED = re.compile(r"Collected : (\d+)")


class Program:
    """MicroBench without what callgrind stumbles over, its debugging information."""

    def __init__(self, path):
        self.directory = tempfile.TemporaryDirectory(prefix="loligo-bench.")
        self.path = pathlib.Path(self.directory.name) / "MicroBench"
        subprocess.run(["strip", "--strip-debug", "-o", self.path, path], check=True, timeout=60)

    def works(self, families):
        names = subprocess.run([self.path], check=True, timeout=30, stdout=subprocess.PIPE, text=True).stdout.split()
        starts = tuple(start for family in families for start in FAMILIES[family])
        return [name for name in names if name.startswith(starts)]

    def instructions(self, work):
        """Of each op."""
        return (self._collected(work, MANY) - self._collected(work, FEW)) / (MANY - FEW)

    def _collected(self, work, count):
        result = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", self.path, work, str(count)],
            timeout=SECONDS_MAX, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        found = COLLECTED.search(result.stdout)
        if result.returncode or not found:
            raise RuntimeError(f"callgrind of {work}: exit {result.returncode}: {result.stdout[-600:]}")
        return int(found[1])


def run(families, path, is_recording):
    """Prints the table; the exit status is 1 if a work takes more than is checked in, or has no bound."""
    program = Program(path)
    counts = {}
    bounds = thresholds.Instructions()
    print(f"{'work':24} {'instructions':>12} {'bound':>8}")
    failed = []
    for work in program.works(families):
        counts[work] = program.instructions(work)
        bound = bounds.most(work)
        outcome = "" if bound and counts[work] <= bound else "  no bound" if not bound else "  BROKEN"
        print(f"{work:24} {counts[work]:12.0f} {bound or 0:8.0f}{outcome}", flush=True)
        failed += [work] * bool(outcome)
    if is_recording:
        bounds.record(counts)
        print(f"written: {thresholds.PATH.relative_to(ROOT)}")
        return 0
    print(f"verdict: {len(counts) - len(failed)} of {len(counts)} within their bounds")
    return int(bool(failed) or not counts)
