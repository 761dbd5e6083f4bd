"""Parts of an op's way alone, as instructions and allocations of each op: Benchmarks/MicroBench under callgrind.

Neither depends on what else the machine does, and hardly on the machine. A run of many ops less one of few, by the
difference: what a start costs is not in it.
"""
import pathlib
import re
import subprocess
import tempfile

from . import ROOT, thresholds
from .thresholds import Cost

FEW, MANY = 200, 1200
SECONDS_MAX = 1200
FAMILIES = {"codec": ("decode", "encode", "object"), "messenger": ("assemble", "parse"), "store": ("store",)}
COLLECTED = re.compile(r"Collected : (\d+)")
# In callgrind's own file: whom a function calls, and how often.
ALLOCATIONS = re.compile(r"^cfn=(?:malloc|calloc|realloc|memalign|posix_memalign|aligned_alloc)(?:'\d+)?\ncalls=(\d+)", re.M)


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

    def cost(self, work):
        """Of each op."""
        many, few = self._run(work, MANY), self._run(work, FEW)
        return Cost((many.instructions - few.instructions) / (MANY - FEW),
                    (many.allocations - few.allocations) / (MANY - FEW))

    def _run(self, work, count):
        out = pathlib.Path(self.directory.name) / "callgrind"
        result = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-strings=no", self.path, work,
             str(count)],
            timeout=SECONDS_MAX, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        found = COLLECTED.search(result.stdout)
        if result.returncode or not found:
            raise RuntimeError(f"callgrind of {work}: exit {result.returncode}: {result.stdout[-600:]}")
        return Cost(int(found[1]), sum(map(int, ALLOCATIONS.findall(out.read_text()))))


def run(families, path, is_recording):
    """Prints the table; the exit status is 1 if a work takes more than is checked in, or has no bound."""
    program = Program(path)
    costs = {}
    bounds = thresholds.Parts()
    print(f"{'work':24} {'instructions':>12} {'bound':>8} {'allocations':>12} {'budget':>8}")
    failed = []
    for work in program.works(families):
        cost = costs[work] = program.cost(work)
        bound = bounds.most(work)
        outcome = "  no bound" if bound is None else "" if _is_within(cost, bound) else "  BROKEN"
        bound = bound or Cost(0, 0)
        print(f"{work:24} {cost.instructions:12.0f} {bound.instructions:8.0f} {cost.allocations:12.2f} "
              f"{bound.allocations:8.2f}{outcome}", flush=True)
        failed += [work] * bool(outcome)
    if is_recording:
        bounds.record(costs)
        print(f"written: {thresholds.PATH.relative_to(ROOT)}")
        return 0
    print(f"verdict: {len(costs) - len(failed)} of {len(costs)} within their bounds")
    return int(bool(failed) or not costs)


def _is_within(cost, bound):
    return cost.instructions <= bound.instructions and cost.allocations <= bound.allocations
