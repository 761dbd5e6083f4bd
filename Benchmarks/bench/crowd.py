"""Many connections at once: one process with clients that take turns (`many`), kept for a cluster's life."""
import json
import os
import pathlib
import select
import subprocess
import sys

from . import ROOT

PROGRAM = pathlib.Path(__file__).with_name("many.py")
CONNECT_SECONDS_MAX = 300
RUN_SECONDS_MAX = 600
CALLS = {"o": "write", "x": "read", "s": "read"}


class Crowd:
    def __init__(self, conf, pool, count):
        path = os.pathsep.join([str(ROOT / "Tests/ClusterTests"), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, "-B", PROGRAM, str(count), pool], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "CEPH_CONF": conf, "PYTHONPATH": path})
        try:
            self._answer(CONNECT_SECONDS_MAX)
        except BaseException:
            self.close()
            raise

    def run(self, work, bound, files, seed):
        """The objects of `files` are those that fio's jobs make: read whole, or in pieces of the work's size."""
        if work.kind not in CALLS or not bound.is_counted:
            raise ValueError(f"{work.name}: many connections do counted works of the kinds {', '.join(CALLS)}")
        wanted = {"call": CALLS[work.kind], "names": f"objects.{work.size}.{{}}" if work.kind == "s" else "blocks.0.{}",
                  "objects": files.count, "size": work.size, "offsets": files.size // work.size, "depth": work.depth,
                  "ops": bound.ops, "seed": seed}
        self.process.stdin.write(json.dumps(wanted) + "\n")
        self.process.stdin.flush()
        return json.loads(self._answer(RUN_SECONDS_MAX))

    def _answer(self, seconds):
        """Its next line; there is never more than one on its way."""
        readable, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline() if readable else ""
        if not line:
            raise AssertionError(f"many clients: no answer within {seconds} s, exit status {self.process.poll()}")
        return line

    def close(self):
        self.process.kill()
        self.process.wait()
