"""The OSD processes of a thrash: who runs, who must not be running, and what memory they take."""
import os
import pathlib
import signal

from harness import is_running

RSS_BOUND = 1 << 30  # bytes of a daemon under test: its caches are far smaller with stores of a few hundred MB


class Daemons:
    """Knows of each OSD what was done to it last, so that an end that nobody asked for is found."""

    def __init__(self, cluster, count, findings):
        self.cluster, self.findings = cluster, findings
        self.all = range(count)
        self.pids = {osd: cluster.pid(f"osd.{osd}") for osd in self.all}
        self.gone, self.stopped = set(), set()
        self.most_memory = dict.fromkeys(self.all, 0)

    def is_stock(self, osd):
        return pathlib.Path(f"{self.cluster.dir}/c/osd.{osd}.bin").read_text().strip().endswith("ceph-osd")

    def kill(self, osd):
        self.cluster.kill(osd)
        self.gone.add(osd)

    def terminate(self, osd):
        self.gone.add(osd)
        try:
            self.cluster.terminate(osd, seconds=120)
        except AssertionError as error:
            self.findings.add(str(error))
            self.cluster.kill(osd)

    def stop(self, osd):
        os.kill(self.pids[osd], signal.SIGSTOP)
        self.stopped.add(osd)

    def bring_back(self, osd):
        if osd in self.stopped:
            os.kill(self.pids[osd], signal.SIGCONT)
            self.stopped.discard(osd)
        if osd in self.gone:
            self.cluster.start_osd(osd)
            self.pids[osd] = self.cluster.pid(f"osd.{osd}")
            self.gone.discard(osd)

    def is_held_for_dead(self, osd):
        """A stock OSD whose full state is another than when it was marked down, and which waits for the map to say so.

        Monitors ignore what it tells of that before it boots (`OSDMonitor::preprocess_full`); a new process
        they hear.
        """
        return self.is_stock(osd) and "fullness state needs update" in self.cluster.tail_log(3, osd=osd)

    def command(self, osd, *words):
        """What its admin socket answers; nothing if it does not."""
        socket = f"{self.cluster.dir}/c/osd.{osd}.asok"
        return self.cluster.run("timeout", "10", "ceph", "daemon", socket, *words, check=False).stdout.strip()

    def look(self):
        """Finds daemons that ended by themselves (and starts them again), and those that grow."""
        for osd in self.all:
            if osd in self.gone:
                continue
            if not is_running(self.pids[osd]):
                self.findings.add(f"osd.{osd} ended by itself:\n{self.last_words(osd)}")
                self.gone.add(osd)
                self.bring_back(osd)
            self.most_memory[osd] = max(self.most_memory[osd], self.memory(osd))

    def last_words(self, osd):
        """The end of its log, and what went to its standard error, where a backtrace is."""
        out = pathlib.Path(f"{self.cluster.dir}/c/osd.{osd}.out")
        said = out.read_text(errors="replace") if out.exists() else ""
        out.rename(f"{out}.{self.pids[osd]}")  # The next process's output would replace it.
        return f"{self.cluster.tail_log(15, osd=osd)}\n{said[-4000:]}"

    def memory(self, osd):
        try:
            status = pathlib.Path(f"/proc/{self.pids[osd]}/status").read_text()
        except OSError:
            return 0
        return next((int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS")), 0)

    def check_memory(self, say):
        for osd in self.all:
            now, most, kind = self.memory(osd), self.most_memory[osd], "stock" if self.is_stock(osd) else "ours"
            say(f"osd.{osd} ({kind}): VmRSS {now >> 20} MiB, at most {most >> 20} MiB")
            if kind == "ours" and most > RSS_BOUND:
                self.findings.add(f"osd.{osd} had {most >> 20} MiB resident; the bound is {RSS_BOUND >> 20} MiB")
