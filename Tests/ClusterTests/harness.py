"""Clusters of stock daemons with the OSD under test in them; every wait is bounded.

LOLIGO_OSD_BIN names the daemon under test (default .build/release/loligo-osd); with
LOLIGO_OSD_BIN=ceph-osd the same tests run against the stock daemon, which must pass them too.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OSD_BIN = os.environ.get("LOLIGO_OSD_BIN", str(ROOT / ".build/release/loligo-osd"))
IS_STOCK = pathlib.Path(OSD_BIN).name == "ceph-osd"
GIB = 1 << 30
PATIENCE = 240  # seconds: many times what anything takes that is waited for, as others may have the machine


def wait_for(what, condition, seconds=PATIENCE, pause=0.2):
    """Polls until `condition()` is true; returns the seconds it took, or fails with what was awaited."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        value = condition()
        if value:
            return time.monotonic() - begun
        time.sleep(pause)
    raise AssertionError(f"not within {seconds} s: {what}")


class Cluster:
    """One monitor, one manager and OSDs under a directory of their own, on ports of their own."""

    def __init__(self, osds=1, auth="cephx", port=24300, size=6 * GIB, settings=(), osd_bin=OSD_BIN, base=None,
                 pool_size=1, address="127.0.0.1"):
        self.dir = tempfile.mkdtemp(prefix="loligo-test.", dir=base)
        self.conf = f"{self.dir}/c/ceph.conf"
        self.osd_bin = osd_bin
        self.daemons = osds + 2
        command = [ROOT / "Scripts/cluster", "start", "--dir", f"{self.dir}/c", "--osds", str(osds),
                   "--osd-bin", osd_bin, "--auth", auth, "--address", address, "--port", str(port),
                   "--size", str(size), "--pool-size", str(pool_size)]
        for setting in settings:
            command += ["--set", setting]
        try:
            subprocess.run(command, check=True, timeout=900, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        except subprocess.CalledProcessError as error:
            log = self.tail_log()
            self.stop()
            raise AssertionError(f"the cluster did not start: {error.stdout}\n{log}") from None
        except BaseException:
            self.stop()
            raise

    def stop(self, keep_logs=False):
        """Ends all daemons and removes the directory, or all of it but the logs and the like."""
        subprocess.run([ROOT / "Scripts/cluster", "stop", "--dir", f"{self.dir}/c"], timeout=60 + 30 * self.daemons,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not keep_logs:
            shutil.rmtree(self.dir, ignore_errors=True)
        for store in pathlib.Path(f"{self.dir}/c").glob("osd.*/"):
            shutil.rmtree(store, ignore_errors=True)

    @property
    def env(self):
        return {**os.environ, "CEPH_CONF": self.conf}

    def run(self, *command, timeout=PATIENCE, check=True, text=True, **more):
        result = subprocess.run([str(word) for word in command], env=self.env, timeout=timeout, text=text,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        if check and result.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))}: exit {result.returncode}: {result.stderr}"
                                 f"{self.tail_log()}")
        return result

    def ceph(self, *words, timeout=PATIENCE, check=True):
        return self.run("ceph", *words, timeout=timeout, check=check).stdout

    def ceph_json(self, *words, timeout=PATIENCE):
        return json.loads(self.ceph(*words, "-f", "json", timeout=timeout))

    def daemon(self, *words, osd=0):
        return json.loads(self.run("ceph", "daemon", f"{self.dir}/c/osd.{osd}.asok", *words).stdout)

    def rados(self, pool, *words, **more):
        return self.run("rados", "-p", pool, *words, **more)

    def create_pool(self, name, pgs=32, seconds=PATIENCE):
        self.ceph("osd", "pool", "create", name, str(pgs), str(pgs))
        self.ceph("osd", "pool", "application", "enable", name, "rados")
        return wait_for(f"{pgs} PGs of {name} active+clean", lambda: self.clean_pgs(name) == pgs, seconds)

    def clean_pgs(self, pool):
        """How many are, by what was reported since the last of their OSDs came up: the manager may hear of it late."""
        result = self.run("ceph", "pg", "ls-by-pool", pool, "-f", "json", check=False)
        if result.returncode != 0:
            return -1
        listed = json.loads(result.stdout)
        stats = listed["pg_stats"] if isinstance(listed, dict) else listed
        up_from = {osd["osd"]: osd["up_from"] for osd in self.ceph_json("osd", "dump")["osds"] if osd["up"]}
        return sum(pg["state"] == "active+clean" and all(
            int(pg["reported_epoch"]) >= up_from.get(osd, 1 << 32) for osd in pg["acting"]) for pg in stats)

    def stop_device_monitoring(self):
        """The manager would make a pool of its own, and write what it measures of devices, at any time."""
        wait_for("a manager that takes commands",
                 lambda: self.run("ceph", "device", "monitoring", "off", check=False).returncode == 0)

    def wait_told(self, osd, **options):
        """Until the monitors' configuration has reached an OSD."""
        for name, value in options.items():
            wait_for(f"osd.{osd} told of {name}",
                     lambda: float(self.daemon("config", "get", name, osd=osd)[name]) == value)

    def pid(self, daemon="osd.0"):
        return int(pathlib.Path(f"{self.dir}/c/{daemon}.pid").read_text())

    def kill(self, osd=0, number=signal.SIGKILL, seconds=PATIENCE):
        """Ends a daemon by a signal, and returns when its process is gone."""
        pid = self.signal(osd, number)
        wait_for(f"osd.{osd} gone after {number.name}", lambda: not is_running(pid), seconds, pause=0.02)
        pathlib.Path(f"{self.dir}/c/osd.{osd}.pid").unlink()

    def terminate(self, osd=0, seconds=PATIENCE):
        self.kill(osd, signal.SIGTERM, seconds)

    def signal(self, osd, number):
        pid = self.pid(f"osd.{osd}")
        os.kill(pid, number)
        return pid

    def start_osd(self, osd=0):
        subprocess.run([ROOT / "Scripts/cluster", "osd", "--dir", f"{self.dir}/c", str(osd)], check=True,
                       timeout=PATIENCE, stdout=subprocess.DEVNULL)

    def empty_osd(self, osd, is_new=False):
        """An OSD that is not running gets a store with nothing in it, and stays the same OSD; or it is a new one
        with the number of one that was destroyed."""
        store = pathlib.Path(f"{self.dir}/c/osd.{osd}")
        uuid, keyring = (store / "fsid").read_text().strip(), (store / "keyring").read_bytes()
        if is_new:
            uuid = pathlib.Path("/proc/sys/kernel/random/uuid").read_text().strip()
            self.ceph("osd", "new", uuid, osd)
        shutil.rmtree(store)
        store.mkdir()
        (store / "keyring").write_bytes(keyring)
        binary = pathlib.Path(f"{store}.bin").read_text().strip()
        self.run(binary, "-i", osd, "-c", self.conf, "--mkfs", "--osd-uuid", uuid)

    def wait_up(self, osds=1, seconds=PATIENCE):
        def up():
            result = self.run("ceph", "osd", "stat", "-f", "json", check=False)
            return result.returncode == 0 and json.loads(result.stdout)["num_up_osds"] == osds
        return wait_for(f"{osds} OSDs up", up, seconds)

    def wait_down(self, seconds=PATIENCE):
        def down():
            return self.ceph_json("osd", "stat")["num_up_osds"] == 0
        return wait_for("the OSD down", down, seconds)

    def tail_log(self, lines=15, osd=0):
        path = pathlib.Path(f"{self.dir}/c/osd.{osd}.log")
        if not path.exists():
            path = pathlib.Path(f"{self.dir}/c/osd.{osd}.out")
        if not path.exists():
            return ""
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def is_running(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
