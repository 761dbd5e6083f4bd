"""A network of its own for a cluster, with a network namespace for each OSD, so that it can be cut between two.

All of it belongs to this process and what it starts: it is gone when they are. Nothing outside is touched.
"""
import ctypes
import pathlib
import signal
import subprocess

CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
libc = ctypes.CDLL(None, use_errno=True)


def unshare():
    if libc.unshare(CLONE_NEWNET):
        raise PermissionError(ctypes.get_errno(), "a network namespace of its own is not allowed here (be root)")


def begin_holder():
    """What keeps a namespace ends with this process, however that ends."""
    unshare()
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Network:
    """A bridge with a port for each OSD; monitor, manager and clients are at the bridge itself."""

    address = "10.99.0.1"

    def __init__(self, count):
        unshare()
        ip("link set lo up", "link add hub type bridge", f"addr add {self.address}/24 dev hub", "link set hub up")
        self.holders = [subprocess.Popen(["sleep", "infinity"], preexec_fn=begin_holder) for _ in range(count)]
        for osd, holder in enumerate(self.holders):
            ip(f"link add port{osd} type veth peer name eth0 netns {holder.pid}", f"link set port{osd} master hub up")
            inside = ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]
            ip("link set lo up", f"addr add {self.address_of(osd)}/24 dev eth0", "link set eth0 up", inside=inside)

    def address_of(self, osd):
        return f"10.99.0.{10 + osd}"

    def settings(self):
        """Of ceph.conf, at its end: sections of the OSDs."""
        for osd in range(len(self.holders)):
            yield f"[osd.{osd}]"
            yield f"public addr = {self.address_of(osd)}"
            yield f"cluster addr = {self.address_of(osd)}"

    def inside(self, binary, directory):
        """A program that takes an OSD's command line (`-i ID` first) and runs the OSD in its namespace."""
        path = pathlib.Path(directory) / pathlib.Path(binary).name
        holders = " ".join(str(holder.pid) for holder in self.holders)
        path.write_text(f'#!/bin/bash\nholders=({holders})\n'
                        f'exec nsenter --net="/proc/${{holders[$2]}}/ns/net" {binary} "$@"\n')
        path.chmod(0o755)
        return str(path)

    def cut(self, *osds):
        """These hear nothing of each other any more, and all others as before."""
        self.isolate(osds, "on")

    def mend(self, *osds):
        self.isolate(osds, "off")

    def isolate(self, osds, how):
        for osd in osds:
            subprocess.run(["bridge", "link", "set", "dev", f"port{osd}", "isolated", how], check=True, timeout=10)

    def end(self):
        for holder in self.holders:
            holder.kill()
            holder.wait()


def ip(*commands, inside=()):
    for command in commands:
        subprocess.run([*inside, "ip", *command.split()], check=True, timeout=10)
