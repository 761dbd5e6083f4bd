"""Where an OSD's CPU time goes, by step, of samples that `perf record` takes while a work runs.

A sample belongs to the innermost function that says what is being done: in the kernel a system call's family, in
loligo-osd the module (a Swift symbol begins with it), in ceph-osd, whose functions Debian strips of their names, the
thread. What says nothing (memory, the language's runtime, the C library) goes to its caller. The steps are those of
Docs/OpPath.md; of ceph-osd, whose op threads do both, step 10 is part of 5-9.
"""
import collections
import re
import subprocess
import tempfile

from . import clients, processes, works

SECONDS = 4
HERTZ = 997
STEPS = ("1-4 receive, decode", "5-9 placement group", "10 store", "11 commit", "12 send", "wait, wake up", "other")
RECEIVE, GROUP, STORE, COMMIT, SEND, WAIT, OTHER = STEPS

KERNEL = (
    (RECEIVE, re.compile(r"^(tcp_recvmsg|inet_recvmsg|sock_recvmsg|__sys_recv|io_recv|sock_read_iter)")),
    (SEND, re.compile(r"^(tcp_sendmsg|inet_sendmsg|sock_sendmsg|__sys_send|io_send|sock_write_iter)")),
    (COMMIT, re.compile(r"^(vfs_fsync|ext4_|xfs_|blkdev_|iomap_|blk_|submit_bio|io_write|io_read|io_fsync|do_writev"
                        r"|vfs_write|vfs_read|shmem_|generic_file_|aio_|io_submit|ksys_pwrite|ksys_pread)")),
    (WAIT, re.compile(r"^(schedule|__schedule|futex_|do_futex|io_cqring_wait|ep_poll|do_epoll_wait|try_to_wake_up)")),
)
MODULES = {
    **dict.fromkeys(("Messaging", "Messages", "Wire", "Ciphers", "Auth", "OSDService"), RECEIVE),
    **dict.fromkeys(("PlacementGroups", "OpExecution", "Peering", "Replication", "Scheduling", "Scrubbing",
                     "ClusterMaps"), GROUP),
    **dict.fromkeys(("BlockStore", "ObjectStores", "KeyValue"), STORE),
    **dict.fromkeys(("Devices",), COMMIT),
    **dict.fromkeys(("Reactors",), WAIT),
}
THREADS = (
    (RECEIVE, re.compile(r"^(msgr-worker|ms_)")),
    (GROUP, re.compile(r"^tp_osd")),
    (COMMIT, re.compile(r"^(bstore|rocksdb|fn_)")),
)
# A send is made in the caller's thread in one daemon and in the messenger's in the other: what a module says of
# itself is not enough there.
SENDING = re.compile(r"Messaging.*(send|Outgoing|write)", re.IGNORECASE)
SWIFT_MODULE = re.compile(r"\$[sS](\d+)(\w+)")


def profile(cluster, work, objects):
    """`steps`: microseconds of CPU of each op by step."""
    clients.prepare(cluster, work, objects)
    cluster.settle()
    pids = cluster.pids()
    with tempfile.NamedTemporaryFile(suffix=".perf") as data:
        recorder = subprocess.Popen(
            ["perf", "record", "-q", "-F", str(HERTZ), "--call-graph", "fp", "-o", data.name, "-p",
             ",".join(map(str, pids)), "--", "sleep", str(SECONDS + 2)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = processes.cpu_seconds(pids)
        seen = clients.run(cluster, work, works.Bound(seconds=SECONDS), objects, 99)
        cpu_us = (processes.cpu_seconds(pids) - before) * 1e6 / max(seen["ops"], 1)
        recorder.wait(SECONDS + 20)
        clients.clean(cluster, work, 99)
        shares = read(data.name)
    return {"steps": {step: shares[step] * cpu_us for step in STEPS}}


def read(path):
    """The share of each step in a file of samples."""
    script = subprocess.run(["perf", "script", "-i", path, "-F", "comm,period,ip,sym"], text=True, timeout=120,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    weights = collections.Counter()
    for block in script.split("\n\n"):
        head, *frames = block.strip("\n").split("\n")
        words = head.split()
        if len(words) < 2 or not words[-1].rstrip(":").isdigit():
            continue
        symbols = [line.split(None, 1)[-1] for line in frames]
        weights[step_of(" ".join(words[:-1]), symbols)] += int(words[-1].rstrip(":"))
    total = sum(weights.values())
    if not total:
        raise ValueError("perf took no samples: may this user trace? (kernel.perf_event_paranoid)")
    return collections.Counter({step: weight / total for step, weight in weights.items()})


def step_of(thread, symbols):
    """`symbols`: innermost first."""
    for symbol in symbols:
        for step, form in KERNEL:
            if form.match(symbol):
                return step
        module = module_of(symbol)
        if module in MODULES:
            return SEND if SENDING.search(symbol) else MODULES[module]
    return next((step for step, form in THREADS if form.match(thread)), OTHER)


def module_of(symbol):
    match = SWIFT_MODULE.search(symbol)
    return match and match[2][:int(match[1])]
