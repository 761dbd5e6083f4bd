"""Runs a suite: round by round all its parts, then the report, the charts and the verdict."""
import pathlib
import sys
import time

from . import ROOT, charts, machine, report, thresholds
from .session import Session, Side

RESULTS = ROOT / "Benchmarks/results"


class Run:
    def __init__(self, name, suite, binaries):
        self.name, self.suite, self.binaries = name, suite, binaries
        self.date = time.strftime("%Y-%m-%d %H:%M:%S")
        self.machine = machine.describe(binaries.values())
        self.load_before = self.load_after = machine.load()
        self.sessions = {part: Session(setting, self.sides(part)) for part, setting in suite.parts.items()}
        self.rounds = 0

    def sides(self, part):
        """The daemons; or ours twice, where a part compares it with itself."""
        sides = {side: Side(binary) for side, binary in self.binaries.items()}
        baseline = self.suite.baselines.get(part)
        return {**sides, "baseline": Side(self.binaries["ours"], baseline)} if baseline else sides

    @property
    def failed(self):
        return [what for session in self.sessions.values() for what in session.failed]

    def do_rounds(self):
        begun = time.monotonic()
        end, longest = begun + self.suite.minutes * 60, 0
        for number in range(self.suite.rounds):
            start = time.monotonic()
            if number and start + longest > end:
                print(f"bench: stopped after {number} of {self.suite.rounds} rounds: the {self.suite.minutes} minutes "
                      "would be over", file=sys.stderr)
                break
            for session in self.sessions.values():
                session.round(number)
            self.rounds += 1
            longest = max(longest, time.monotonic() - start)
        self.load_after = machine.load()

    def verdicts(self):
        return [verdict for part, session in self.sessions.items()
                for verdict in thresholds.judge(part, session.samples)]

    def as_json(self):
        return {
            "suite": self.name, "date": self.date, "machine": self.machine, "rounds": self.rounds,
            "load_before": self.load_before, "load_after": self.load_after,
            "binaries": self.binaries, "failed": self.failed,
            "verdicts": [{"work": v.threshold.work, "figure": v.threshold.figure, "value": v.value,
                          "target": v.threshold.target, "met": v.is_met, "broken": v.is_broken}
                         for v in self.verdicts()],
            "parts": {part: {"osds": session.setting.osds, "pool_size": session.setting.pool_size,
                             "pgs": session.setting.pgs, "auth": session.setting.auth, "base": session.setting.base,
                             "sides": {name: str(side) for name, side in session.sides.items()},
                             "works": _by_work(session.samples)}
                      for part, session in self.sessions.items()},
        }


def _by_work(samples):
    found = {}
    for (work, figure), sides in samples.rows.items():
        found.setdefault(work, {})[figure] = sides
    return found


def run(name, suite, binaries, results=RESULTS):
    """Returns the exit status: 1 if a work failed, or a bound that must hold is broken in a suite that checks them."""
    done = Run(name, suite, binaries)
    for fact, value in done.machine.items():
        print(f"{fact}: {value}")
    print(f"load average: {done.load_before}", flush=True)
    done.do_rounds()
    directory = pathlib.Path(results) / f"{done.date.replace(' ', 'T').replace(':', '')}-{name}"
    report.write(directory, done)
    for session_part, session in done.sessions.items():
        charts.write(directory, session_part, session)
    print((directory / "report.md").read_text())
    verdicts = done.verdicts()
    if verdicts:
        print("\n".join(report.verdict_lines(verdicts)))
    print(f"results: {directory}")
    return int(bool(done.failed) or suite.is_check and any(verdict.is_broken for verdict in verdicts))
