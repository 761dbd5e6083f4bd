"""Recovery, failover and clients' latency meanwhile: three of ours against three stock OSDs, in turn.

Each round starts a fresh cluster of either kind, pool size 3, and prints medians and ratios at the end:
  failover   first_s, all_s: from kill -9 of an OSD to the first, and the last, of its objects written again
  recovery   seconds for OBJECTS objects of 64 KiB that an OSD missed, without clients
  loaded     p99_ms, mean_ms, iops of fio's random 4 KiB overwrites at depth 16 while an OSD gets
             OBJECTS objects back, and how many of the copies were made in that time
"""
import argparse
import pathlib

from bench.summary import Samples

from harness import GIB, OSD_BIN, Cluster

from . import works


def measure(binary, options):
    cluster = Cluster(osds=3, osd_bin=binary, port=options.port, size=16 * GIB, settings=works.SETTINGS)
    figures = {}
    try:
        works.prepare(cluster)
        if "failover" in options.work:
            figures |= {("failover", k): v for k, v in works.Failover(cluster).run().items()}
            cluster.start_osd(1)
            cluster.wait_up(3)
        if "recovery" in options.work:
            works.write_while_away(cluster, options.objects, "quiet")
            figures["recovery", "seconds"] = works.recover(cluster)
        if "loaded" in options.work:
            found = works.recover_under_load(cluster, options.seconds, options.objects)
            figures |= {("loaded", k): v for k, v in found.items()}
    finally:
        cluster.stop()
    return figures


def main():
    parser = argparse.ArgumentParser(prog="compare-recovery", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--a", default=OSD_BIN, help="default .build/release/loligo-osd")
    parser.add_argument("--b", default="ceph-osd")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60, help="of fio's work")
    parser.add_argument("--objects", type=int, default=10000)
    parser.add_argument("--work", default="failover,recovery,loaded")
    parser.add_argument("--port", type=int, default=23700)
    options = parser.parse_args()
    options.work = options.work.split(",")
    binaries = {"A": options.a, "B": options.b}
    samples = Samples(list(binaries))
    for _ in range(options.rounds):
        for side, binary in binaries.items():
            for (work, figure), value in measure(binary, options).items():
                samples.add(work, side, {figure: value})
                print(f"  {pathlib.Path(binary).name} {work} {figure} {value:.3f}", flush=True)
    print(f"| work | figure | {pathlib.Path(options.a).name} | {pathlib.Path(options.b).name} | ratio |")
    print("|---|---|---|---|---|")
    for work, figure in samples.rows:
        a, b, ratio = samples.median(work, figure, "A"), samples.median(work, figure, "B"), samples.ratio(work, figure)
        print(f"| {work} | {figure} | {a:.2f} | {b:.2f} | {f'{ratio:.2f}' if b else '-'} |")


main()
