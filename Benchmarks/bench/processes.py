"""What the kernel counts of a few processes, all their threads added up."""
import pathlib
import time


def cpu_seconds(pids):
    """User and system time since the start, of threads that have ended too; to the nanosecond."""
    return sum(time.clock_gettime(_cpu_clock(pid)) for pid in pids)


def _cpu_clock(pid):
    """The kernel's number for a process's CPU clock (clock_getcpuclockid(3))."""
    return (~pid << 3) | 2


def field(path, name):
    """The number behind `name:` in a file of /proc."""
    for line in path.read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise LookupError(f"{path} has no {name}")


def resident_mib(pids):
    return sum(field(pathlib.Path(f"/proc/{pid}/status"), "VmRSS") for pid in pids) / 1024


def written_bytes(pids):
    """Bytes sent to storage; nothing is counted for a file in memory."""
    return sum(field(pathlib.Path(f"/proc/{pid}/io"), "write_bytes") for pid in pids)


class Switches:
    """Context switches of all threads since it was made. A thread that has ended meanwhile is not in it."""

    def __init__(self, pids):
        self.pids = pids
        self.before = self._now()

    def _now(self):
        counted = {}
        for pid in self.pids:
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                try:
                    counted[task.name] = (field(task / "status", "voluntary_ctxt_switches"),
                                          field(task / "status", "nonvoluntary_ctxt_switches"))
                except (FileNotFoundError, ProcessLookupError):
                    continue
        return counted

    def _since(self, kinds):
        return sum(now[kind] - self.before.get(task, (0, 0))[kind]
                   for task, now in self._now().items() for kind in kinds)

    def all(self):
        return self._since((0, 1))

    def wakeups(self):
        """How often a thread that had gone to sleep ran again."""
        return self._since((0,))


class ThreadTimes:
    """CPU seconds by the threads' names, without the number at the end, since it was made."""

    def __init__(self, pids):
        self.pids = pids
        self.before = self._now()

    def _now(self):
        times = {}
        for pid in self.pids:
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                try:
                    name = (task / "comm").read_text().strip().rstrip("0123456789").rstrip("-_:#")
                    times[task.name] = name, int((task / "schedstat").read_text().split()[0]) / 1e9
                except (FileNotFoundError, ProcessLookupError):
                    continue
        return times

    def since(self):
        total = {}
        for task, (name, seconds) in self._now().items():
            spent = seconds - self.before.get(task, (name, 0))[1]
            total[name] = total.get(name, 0) + spent
        return total
