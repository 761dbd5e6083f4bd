"""Measures loligo-osd, alone or against ceph-osd in the same session, and writes JSON, a Markdown table and SVG charts
under Benchmarks/results.

    Scripts/bench --versus ceph-osd                  the suite quick: CPU ratios, with a verdict on each target
    Scripts/bench --versus ceph-osd --suite full     the whole table
    Scripts/bench --suite scale                      more PGs, reactors, connections, against fewer
    Scripts/bench --work w4k,o4k@32:50000 --rounds 3 works of one's own
    Scripts/bench --suite parts                      instructions and allocations of codec, messenger, store

A run has rounds; in each, every side gets a fresh cluster (stock monitor and manager, loopback) on the same disk and
ports, one at a time. Figures are medians over the rounds, with the lowest and highest. Counted work has the same number
of ops on both sides: a work's own, or what the reference did in --seconds in the first round.
"""
import argparse
import dataclasses
import pathlib
import shutil
import sys

from . import ROOT, parts, runner, works
from .suites import ONE, SUITES, Suite

DAEMON = ROOT / ".build/release/loligo-osd"
MICRO_BENCH = ROOT / ".build/release/MicroBench"
# Suites of MicroBench, by the families of its works.
PARTS = {"parts": tuple(parts.FAMILIES), **{family: (family,) for family in parts.FAMILIES}}

# Options that change a field of all settings.
OF_SETTING = ("seconds", "pgs", "reactors", "connections", "objects", "auth", "base", "port")


def options():
    listed = "\n".join(f"  {name:12} {suite.about}" for name, suite in SUITES.items())
    listed += ("\n  parts        codec, messenger and store alone: instructions and allocations of each op, against their bounds"
               "\n  codec, messenger, store   one of these")
    parser = argparse.ArgumentParser(
        prog="bench", description=__doc__, epilog=f"suites:\n{listed}\n\nworks:\n{works.__doc__}", allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--osd", default=str(DAEMON), metavar="BIN", help="default .build/release/loligo-osd")
    parser.add_argument("--versus", metavar="BIN", help="the reference, such as ceph-osd; without one, no ratios")
    parser.add_argument("--suite", choices=[*SUITES, *PARTS], help="default quick")
    parser.add_argument("--work", metavar="LIST", help="these works instead of a suite's")
    parser.add_argument("--rounds", type=int, help="instead of the suite's number")
    parser.add_argument("--seconds", type=int, help="that the reference takes in the first round, for counted works")
    parser.add_argument("--minutes", type=int, help="no round begins that would end later; default the suite's")
    parser.add_argument("--osds", type=int, choices=(1, 3), help="only this part of a suite; with --work, default 1")
    parser.add_argument("--pgs", type=int)
    parser.add_argument("--reactors", type=int, help="of ours (by the number of cores)")
    parser.add_argument("--connections", type=int, metavar="N",
                        help="counted works of the kinds o, s and x by N clients in turn, instead of by fio")
    parser.add_argument("--objects", type=int, help="that the works r and s read (8192)")
    parser.add_argument("--auth", choices=("cephx", "none"))
    parser.add_argument("--base", metavar="DIR", help="where the stores are (/tmp); /dev/shm leaves the disk out")
    parser.add_argument("--port", type=int, help="of the monitor (23300)")
    parser.add_argument("--results", default=str(runner.RESULTS), metavar="DIR")
    parser.add_argument("--record", action="store_true", help="with parts: write the counts to thresholds.json")
    return parser, parser.parse_args()


def chosen(given):
    """The suite as the options change it."""
    name = given.suite or ("own" if given.work else "quick")
    suite = SUITES.get(name) or Suite("", 3, {"one": ONE}, 600)
    parts = suite.parts
    if given.work:
        setting = dataclasses.replace(ONE, works=works.parse_list(given.work))
        parts = {"three": dataclasses.replace(setting, osds=3, pool_size=3)} if given.osds == 3 else {"one": setting}
    elif given.osds:
        parts = {part: setting for part, setting in parts.items() if setting.osds == given.osds}
        if not parts:
            raise ValueError(f"the suite {name} has no part with {given.osds} OSDs: give --work as well")
    changed = {field: getattr(given, field) for field in OF_SETTING if getattr(given, field) is not None}
    return name, dataclasses.replace(
        suite, rounds=given.rounds or suite.rounds, minutes=given.minutes or suite.minutes,
        parts={part: dataclasses.replace(setting, **changed) for part, setting in parts.items()})


def found(binary):
    path = shutil.which(binary)
    if not path:
        hint = " (Scripts/build makes it)" if binary == str(DAEMON) else ""
        raise ValueError(f"there is no program {binary}{hint}")
    return path


def main():
    parser, given = options()
    if given.suite in PARTS:
        sys.exit(parts.run(PARTS[given.suite], MICRO_BENCH, given.record))
    try:
        name, suite = chosen(given)
        if given.versus and suite.baselines.keys() & suite.parts.keys():
            raise ValueError(f"the suite {name} compares a daemon with itself: leave out --versus")
        binaries = {"ours": found(given.osd)}
        if given.versus:
            binaries["versus"] = found(given.versus)
    except ValueError as error:
        parser.error(str(error))
    pathlib.Path(given.results).mkdir(parents=True, exist_ok=True)
    sys.exit(runner.run(name, suite, binaries, given.results))


main()
