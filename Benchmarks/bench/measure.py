"""One work against one cluster: its figures, those of all OSDs added up.

For each op: microseconds of CPU until the client ended (cpu_us) and, for writes, until the cluster is settled
(cpu_all_us), KiB written to storage (dev_kib), flushes, context switches. client_cores: what the client took.
"""
from . import clients, processes


def measure(cluster, work, bound, objects=8192, seed=1):
    clients.prepare(cluster, work, objects)
    cluster.settle()
    pids = cluster.pids()
    before = cluster.usage()
    switches, threads = processes.Switches(pids), processes.ThreadTimes(pids)
    figures = clients.run(cluster, work, bound, objects, seed)
    ops = max(figures["ops"], 1)
    figures["cpu_us"] = (processes.cpu_seconds(pids) - before.cpu) * 1e6 / ops
    figures["switches"] = switches.all() / ops
    figures["threads"] = {name: spent * 1e6 / ops for name, spent in threads.since().items()}
    if work.is_write:
        figures |= until_settled(cluster, before, ops)
    clients.clean(cluster, work, seed)
    return figures


def until_settled(cluster, before, ops):
    """What writes cost until nothing is left to do. The checkpoints are those that they needed, not the last one,
    which settling asks for."""
    checkpoints = (cluster.usage() - before).checkpoints
    is_quiet = cluster.settle()
    used = cluster.usage() - before
    return {"cpu_all_us": used.cpu * 1e6 / ops, "dev_kib": used.written / 1024 / ops,
            "flushes": used.flushes / ops, "checkpoints": checkpoints, "is_quiet": is_quiet}
