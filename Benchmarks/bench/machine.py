"""The machine and the versions that figures are of."""
import os
import pathlib
import platform
import subprocess


def describe(binaries):
    facts = {
        "processor": _line("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory": f"{int(_line('/proc/meminfo', 'MemTotal').split()[0]) >> 20} GiB",
        "kernel": platform.release(),
    }
    for binary in binaries:
        facts[pathlib.Path(binary).name] = _version(binary)
    return {**facts, "fio": _version("fio"), "rados": _version("rados")}


def load():
    """The load averages of the last 1, 5 and 15 minutes."""
    return " ".join(f"{average:.2f}" for average in os.getloadavg())


def _line(path, name):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.split(":", 1)[1].strip()
    return "unknown"


def _version(program):
    result = subprocess.run([program, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            timeout=30, check=False)
    return result.stdout.strip().split("\n")[0] or "unknown"
