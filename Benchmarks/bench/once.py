"""What is measured once in the life of a cluster, of all its OSDs."""
import time

from . import processes

IDLE_SECONDS = 10


def resident(cluster):
    """MiB resident, and of them what is more than the caches hold."""
    resident_mib = processes.resident_mib(cluster.pids())
    held = sum(cache["committed_bytes"] - cache["reserved_bytes"]
               for dump in cluster.ask_all("perf dump")
               for name, cache in dump.items() if name.startswith("bluestore-pricache:"))
    return {"rss_mib": resident_mib, "beyond_caches_mib": resident_mib - held / (1 << 20)}


def idle(cluster):
    """Per OSD, with nothing to do: per cent of a core, and how often a second one of its threads wakes up."""
    cluster.settle()
    pids = cluster.pids()
    before, switches, begun = processes.cpu_seconds(pids), processes.Switches(pids), time.monotonic()
    time.sleep(IDLE_SECONDS)
    wakeups, cpu = switches.wakeups(), processes.cpu_seconds(pids) - before
    daemon_seconds = (time.monotonic() - begun) * len(pids)
    return {"core_percent": 100 * cpu / daemon_seconds, "wakeups_per_s": wakeups / daemon_seconds}


def start(cluster):
    """From exec to the boot message, and to being active, after `kill -9` of osd.0."""
    boot, active = cluster.restart_after_kill()
    return {"boot_s": boot, "active_s": active}


EXTRAS = {"idle": idle, "start": start}
