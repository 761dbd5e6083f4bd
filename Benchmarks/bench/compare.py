"""Runs the same client workload, in turn, against two clusters that differ only in the daemon, and prints for each
figure both values and their ratio.

A is the daemon under test (default loligo-osd on PATH), B the reference (default ceph-osd). One cluster is up at a
time, on the same disk and ports; the order is A B A B ... for K rounds (default 3), and each figure is the median.
Figures: IOPS, mean and maximal latency in ms as the client sees them; of all daemons, for each op, microseconds of
CPU (user + system), for writes also until the log is checkpointed and the daemon is quiet (cpu_all_us), KiB that went
to the device, and flushes (Docs/Performance.md says how they are counted); MiB of resident memory at the end.
Workloads (rados bench, 32 PGs): wN/rN = write / random read of N-byte objects, with the queue depth after '@' (default
16): w4k r4k w4k@1 w64k r64k w4m r4m. oN = random overwrite of N bytes in 64 filled objects of 4 MiB (fio's rados
engine): o4k o4k@1. Reads are of the same N objects (default 8192, 128 MiB at most) with either daemon.
--base /dev/shm keeps the devices in memory: what remains is the daemon's own cost.
One daemon against itself gives ratios of 0.7 to 1.4 on a noisy machine: take 5 rounds before believing a difference
smaller than that. Scripts/bench does the same number of ops on both sides, and shows more.
"""
import argparse
import math
import sys

from . import works
from .session import Session, Setting, Side

WORKS = "w4k,r4k,o4k,w4k@1,r4k@1,o4k@1,w64k,r64k"
FIGURES = ("iops", "lat_ms", "max_ms", "p99_ms", "cpu_us", "cpu_all_us", "dev_kib", "flushes", "rss_mib")


def options():
    parser = argparse.ArgumentParser(prog="compare", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--a", default="loligo-osd", metavar="BIN")
    parser.add_argument("--b", default="ceph-osd", metavar="BIN")
    parser.add_argument("--osds", type=int, default=1)
    parser.add_argument("--pool-size", type=int, default=1)
    parser.add_argument("--auth", choices=("cephx", "none"), default="cephx")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--work", type=works.parse_list, default=WORKS)
    parser.add_argument("--base", default="/tmp", metavar="DIR")
    parser.add_argument("--port", type=int, default=23300)
    parser.add_argument("--objects", type=int, default=8192)
    return parser.parse_args()


def main():
    given = options()
    setting = Setting(given.work, given.osds, given.pool_size, 32, given.auth, given.base, given.port,
                      objects=given.objects, seconds=given.seconds, is_counted=False)
    session = Session(setting, {"A": Side(given.a), "B": Side(given.b)}, "compare")
    for number in range(given.rounds):
        session.round(number)
    print_table(session.samples, given)
    sys.exit(not session.samples.rows)


def print_table(samples, given):
    print(f"A = {given.a}   B = {given.b}   (medians; ratio A/B)")
    print(f"{'work':8} {'figure':10} {'A':>12} {'B':>12} {'A/B':>8}")
    for (work, figure), sides in samples.numbers().items():
        if figure not in FIGURES or not any(value for values in sides.values() for value in values):
            continue
        a, b, ratio = samples.median(work, figure, "A"), samples.median(work, figure, "B"), samples.ratio(work, figure)
        print(f"{work:8} {figure:10} {a:12.2f} {b:12.2f} {math.nan if not b else ratio:8.2f}")


if __name__ == "__main__":
    main()
