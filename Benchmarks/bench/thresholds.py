"""The bounds of Benchmarks/thresholds.json, and what figures say to them."""
import dataclasses
import json
import math
import re

from . import ROOT

PATH = ROOT / "Benchmarks/thresholds.json"


@dataclasses.dataclass(frozen=True)
class Threshold:
    """A bound of a figure: of its ratio to the reference's, or of itself."""
    part: str
    work: str
    figure: str
    is_absolute: bool
    is_most: bool
    target: float
    holds: float | None
    # Another bound that will do as well.
    other: "Threshold | None" = None

    def value(self, samples):
        """Not a number if it was not measured."""
        if self.is_absolute:
            return samples.median(self.work, self.figure, samples.sides[0])
        return samples.ratio(self.work, self.figure)

    def is_met(self, value, bound):
        return value <= bound if self.is_most else value >= bound

    def words(self, bound):
        return f"{'at most' if self.is_most else 'at least'} {bound:g}"


def load(part):
    """`part`: of a suite, as in the file."""
    return [_threshold(part, row) for row in json.loads(PATH.read_text())[part]]


def _threshold(part, row):
    bounds = row.get("most") or row["least"]
    other = _threshold(part, {"work": row["work"], **row["or"]}) if "or" in row else None
    return Threshold(part, row["work"], row["figure"], row.get("absolute", False), "most" in row, bounds["target"],
                     bounds.get("holds"), other)


@dataclasses.dataclass(frozen=True)
class Verdict:
    threshold: Threshold
    value: float
    other: "Verdict | None" = None

    @property
    def is_met(self):
        return self.threshold.is_met(self.value, self.threshold.target) or bool(self.other and self.other.is_met)

    @property
    def is_broken(self):
        """Behind what must hold."""
        return self.threshold.holds is not None and not self.threshold.is_met(self.value, self.threshold.holds)

    def line(self):
        threshold = self.threshold
        kind = "" if threshold.is_absolute else " ratio"
        outcome = "met" if self.is_met else "not met"
        if self.is_broken:
            outcome += f"; BROKEN, must hold {threshold.words(threshold.holds)}"
        if self.other:
            outcome += f" (or {self.other.threshold.figure} {self.other.value:.3g}, " \
                       f"{self.other.threshold.words(self.other.threshold.target)})"
        return (f"{threshold.part:11} {threshold.work:7} {threshold.figure + kind:19} {self.value:8.3f}  target "
                f"{threshold.words(threshold.target):14} {outcome}")


def judge(part, samples):
    """Verdicts on all that was measured."""
    verdicts = (_verdict(threshold, samples) for threshold in load(part))
    return [verdict for verdict in verdicts if not math.isnan(verdict.value)]


def _verdict(threshold, samples):
    other = _verdict(threshold.other, samples) if threshold.other else None
    return Verdict(threshold, threshold.value(samples), other)


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of all ops of a run of a part, or of one."""
    instructions: float
    allocations: float


class Parts:
    """What a part of an op's way took when it was last written down, and how much more it may take."""

    def __init__(self):
        self.table = json.loads(PATH.read_text())["parts"]

    def most(self, work):
        """None if nothing is written down."""
        found = self.table["costs"].get(work)
        if not found:
            return None
        return Cost(found["instructions"] * (1 + self.table["tolerance"]),
                    found["allocations"] + self.table["allocations_more"])

    def record(self, costs):
        whole = json.loads(PATH.read_text())
        whole["parts"]["costs"].update({work: {"instructions": round(cost.instructions),
                                               "allocations": round(cost.allocations, 2)}
                                        for work, cost in costs.items()})
        PATH.write_text(_formatted(whole))


def _formatted(whole):
    """One threshold, and one part's cost, a line."""
    text = json.dumps(whole, indent=2)
    for row in (r"\{\s+\"work\"(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}", r"\{\s+\"instructions\":[^}]*\}"):
        text = re.sub(row, _on_one_line, text)
    return text + "\n"


def _on_one_line(row):
    return re.sub(r"\s+", " ", row[0]).replace("{ ", "{").replace(" }", "}")
