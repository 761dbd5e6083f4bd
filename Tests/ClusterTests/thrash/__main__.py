"""Thrashes a cluster: clients at work under stock mon and mgr, while OSDs die and data moves.

Every answer is held against a model of what was acknowledged. At the end every PG must be active+clean,
every copy of every object as the model says. Exit 1 on any violation; the logs stay then.
LOLIGO_OSD_BIN names the daemon under test (default .build/release/loligo-osd).
"""
import argparse
import random
import sys

from .run import Thrash


def main():
    parser = argparse.ArgumentParser(prog="thrash", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3, help="how long there are events (default 3)")
    parser.add_argument("--osds", type=int, default=5, help="how many OSDs, five at least (default 5)")
    parser.add_argument("--mix", choices=("ours", "mixed"), default="ours", help="mixed: every second OSD is ceph-osd")
    parser.add_argument("--seed", type=int, default=None, help="decides on events and changes (default: a random one)")
    parser.add_argument("--port", type=int, default=25600, help="the monitor's (default 25600)")
    parser.add_argument("--log-level", type=int, default=None, help="debug osd, for both kinds of OSDs")
    parser.add_argument("--network-failures", type=int, default=5000, metavar="N",
                        help="one of so many sends and receives of everybody fails (default 5000), 0: none")
    parser.add_argument("--delays", type=float, default=0.002, metavar="PART",
                        help="of messages to and from OSDs are kept back, for 1 s at most (default 0.002)")
    options = parser.parse_args()
    if options.osds < 5:
        parser.error("one OSD out and one away must leave three: five at least")
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    found = Thrash(options.minutes * 60, options.osds, options.mix, seed, options.port, options.log_level,
                   network_failures=options.network_failures, delays=options.delays).run()
    print(f"seed {seed}: {len(found)} violations", flush=True)
    sys.exit(bool(found))


main()
