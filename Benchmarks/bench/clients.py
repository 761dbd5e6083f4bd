"""Runs a work's client and says what it saw: `ops`, `iops`, latencies in ms, and the client's own CPU in cores."""
import dataclasses
import json
import re
import resource

from . import ROOT, works
from .cluster import POOL

JOBS = {"o": "overwrite", "x": "read-blocks", "s": "read-objects"}
JOBS_DIRECTORY = ROOT / "Benchmarks/jobs"
FILL_SECONDS_MAX = 600
MARGIN_SECONDS = 240
CLEANUP_SECONDS_MAX = 900


@dataclasses.dataclass(frozen=True)
class Files:
    """fio's files, each an object of `size` bytes."""
    count: int
    size: int


BLOCKS = Files(64, 4 << 20)


def prepare(cluster, work, objects):
    """Makes the objects that a work reads or overwrites, once for each cluster."""
    key = {"o": "blocks", "x": "blocks", "s": f"s{work.size}", "r": f"r{work.size}"}.get(work.kind)
    if key is None or key in cluster.filled:
        return
    cluster.filled.add(key)
    if work.kind == "r":
        cluster.rados(POOL, "bench", 60, "write", "-b", work.size, "-t", 16, "--no-cleanup", "--max-objects",
                      works.objects_to_read(work, objects), "--run-name", f"seed{work.size}", timeout=FILL_SECONDS_MAX)
    elif work.kind == "s":
        fio(cluster, "fill-objects", work.size, 16, files_of(work, objects))
    else:
        fill_blocks(cluster)


def fill_blocks(cluster, files=BLOCKS):
    fio(cluster, "fill-blocks", files.size, 1, files)


def run(cluster, work, bound, objects, seed):
    """One run of a work whose objects are there. Returns its figures."""
    if cluster.crowd:
        return cluster.crowd.run(work, bound, files_of(work, objects), seed)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if work.is_fio:
        seen = seen_by_fio(fio(cluster, JOBS[work.kind], work.size, work.depth, files_of(work, objects), bound, seed),
                           work.is_write)
    else:
        seen = run_rados(cluster, work, bound, seed)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return {**seen, "client_cores": cpu * seen["iops"] / max(seen["ops"], 1)}


def files_of(work, objects):
    """Those that a work of fio's, or of many clients, goes to."""
    return Files(works.objects_to_read(work, objects), work.size) if work.kind == "s" else BLOCKS


def seen_by_fio(output, is_write):
    job = output["jobs"][0]["write" if is_write else "read"]
    latency = job["clat_ns"]
    percentiles = {float(share): value / 1e6 for share, value in latency["percentile"].items()}
    return {"ops": job["total_ios"], "iops": job["iops"], "lat_ms": latency["mean"] / 1e6,
            "max_ms": latency["max"] / 1e6, "p99_ms": percentiles[99], "percentiles": percentiles}


def fio(cluster, job, block, depth, files, bound=works.Bound(), seed=1):
    """Runs a job file of Benchmarks/jobs; what it takes from the environment is named there."""
    values = {"POOL": POOL, "BLOCK": block, "DEPTH": depth, "OPS": bound.ops, "SECONDS": bound.seconds,
              "SEED": seed, "OBJECTS": files.count, "SIZE": files.count * files.size}
    result = cluster.run("env", *(f"{name}={value}" for name, value in values.items()), "fio",
                         "--output-format=json", JOBS_DIRECTORY / f"{job}.fio", timeout=bound.seconds + MARGIN_SECONDS)
    # Messages may precede the JSON.
    output = json.loads(result.stdout[result.stdout.index("{"):])
    if output["jobs"][0]["error"]:
        raise AssertionError(f"fio {job}: error {output['jobs'][0]['error']}: {result.stderr[-400:]}")
    return output


RADOS_LINES = {"ops": r"Total (?:writes|reads) made: *(\d+)", "iops": r"Average IOPS: *([\d.]+)",
               "lat_ms": r"Average Latency\(s\): *([\d.e+-]+)", "max_ms": r"Max latency\(s\): *([\d.e+-]+)"}


def run_rados(cluster, work, bound, seed):
    """rados bench. New objects are removed again, after the run, by `clean`."""
    mode = ["write", "-b", work.size, "--max-objects", min(bound.ops, (1 << 31) - 1)] if work.is_write else ["rand"]
    if bound.is_counted and not work.is_write:
        raise ValueError(f"{work.name}: rados bench counts only writes; use s instead of r")
    result = cluster.rados(POOL, "bench", bound.seconds, *mode, "-t", work.depth, "--no-cleanup", "--run-name",
                           run_name(work, seed), timeout=bound.seconds + MARGIN_SECONDS)
    found = {figure: float(re.search(line, result.stdout)[1]) for figure, line in RADOS_LINES.items()}
    return {**found, "lat_ms": found["lat_ms"] * 1e3, "max_ms": found["max_ms"] * 1e3}


def run_name(work, seed):
    return f"run{seed}.{work.name}" if work.is_write else f"seed{work.size}"


def clean(cluster, work, seed):
    if work.kind == "w":
        cluster.rados(POOL, "cleanup", "--run-name", run_name(work, seed), timeout=CLEANUP_SECONDS_MAX, check=False)
