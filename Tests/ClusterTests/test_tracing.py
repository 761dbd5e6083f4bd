"""USDT probes: in the binary as Docs/Tracing.md lists them, and firing in the order of an op's steps."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

from harness import OSD_BIN, ROOT, Cluster, wait_for

BYTES = 12_345
COUNT = 20
STEPS = ["socket_readable", "frame", "message", "dispatch", "shard_queue", "await_map", "await_active", "interpret",
         "replicate", "store", "commit", "reply"]
ARRIVAL = STEPS[:5] + ["await_active"]
WRITES, IS_REPLICA = 1 << 8, 1 << 9


def notes():
    """By probe: its semaphore and its arguments."""
    text = subprocess.run(["readelf", "-nW", OSD_BIN], check=True, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL,
                          timeout=240).stdout
    return {name: (int(semaphore, 16), arguments.split()) for name, semaphore, arguments in re.findall(
        r"Provider: loligo\s+Name: (\w+)\s+Location: \w+, Base: \w+, Semaphore: (\w+)\s+Arguments: (.*)", text)}


def listeners(pid):
    """The word that the probes look at, in the process."""
    [word] = {semaphore for semaphore, _ in notes().values()}
    base = int(pathlib.Path(f"/proc/{pid}/maps").read_text().split("-")[0], 16)
    with open(f"/proc/{pid}/mem", "rb") as memory:
        memory.seek(base + word)
        return int.from_bytes(memory.read(2), "little")


class Binary(unittest.TestCase):
    def test_the_binary_has_the_probes_that_are_listed(self):
        listed = re.findall(r"^\| `(\w+)` \|", (ROOT / "Docs/Tracing.md").read_text(), re.M)
        found = notes()
        self.assertEqual([name for name in listed if not name.startswith("arg")], STEPS + ["durable", "done"])
        self.assertEqual(sorted(found), sorted(STEPS + ["durable", "done"]))
        self.assertEqual({len(arguments) for _, arguments in found.values()}, {6})
        self.assertEqual(len({semaphore for semaphore, _ in found.values()} - {0}), 1)

    def test_they_are_named_after_the_steps(self):
        steps = re.findall(r"^\| (\d+) ([\w ]+) \|", (ROOT / "Docs/OpPath.md").read_text(), re.M)
        self.assertEqual([name.replace(" ", "_") for _, name in steps], STEPS)
        self.assertEqual([int(number) for number, _ in steps], list(range(1, 13)))


def by_op(lines):
    """By client, tid and op: name, time, bytes and detail of each probe."""
    found = {}
    for line in lines:
        name, op, client, tid, at, count, detail = line.split()
        found.setdefault((int(client), int(tid), op), []).append((name, int(at), int(count), int(detail)))
    return found


def has_all_bytes(_, events):
    return events[-1][2] == BYTES


class Trace:
    """Scripts/trace-steps on a daemon, from when it listens until what it found is asked for."""

    def __init__(self, test, pid, *more):
        self.said, self.errors = tempfile.TemporaryFile("w+"), tempfile.NamedTemporaryFile("r")
        with open(self.errors.name, "w") as errors:
            self.process = subprocess.Popen([ROOT / "Scripts/trace-steps", str(pid), "--seconds", "3600", *more],
                                            stdout=self.said, stderr=errors)
        test.addCleanup(self.end)

        def listens():
            test.assertIsNone(self.process.poll(), self.complaint())
            return "listening" in self.complaint()
        wait_for("the tracer to listen", listens)

    def complaint(self):
        return pathlib.Path(self.errors.name).read_text()

    def text(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=240)
        self.said.seek(0)
        assert code == 0, self.complaint()
        return self.said.read()

    def ops(self, is_awaited, count=1):
        """Of --events, when that many that are awaited have been told to their end."""
        def are_there():
            text = os.pread(self.said.fileno(), 1 << 24, 0).decode()
            found = by_op(line for line in text.splitlines(True) if line.endswith("\n"))
            return sum(events[-1][0] == "done" and is_awaited(key, events) for key, events in found.items()) >= count
        wait_for(f"{count} ops", are_there)
        return by_op(self.text().splitlines())

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.said.close()
        self.errors.close()


class Steps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tried = subprocess.run(["bpftrace", "-e", "BEGIN { exit(); }"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, timeout=240)
        if tried.returncode != 0:
            raise unittest.SkipTest(f"this kernel lets nobody trace: {tried.stdout.strip()[-200:]}")
        cls.cluster = Cluster(osds=2, port=27100, size=2 << 30, pool_size=2, settings=["osd_heartbeat_grace = 600"])
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.wait_up(2)
        cls.cluster.create_pool("p", pgs=8)
        cls.cluster.create_pool("alone", pgs=8)
        cls.cluster.ceph("osd", "pool", "set", "alone", "size", "1", "--yes-i-really-mean-it")
        wait_for("its PGs alone", lambda: cls.cluster.clean_pgs("alone") == 8)
        cls.data = pathlib.Path(cls.cluster.dir) / "data"
        cls.data.write_bytes(os.urandom(BYTES))

    def led_by_first(self, pool, start=0):
        for number in range(start, start + 1000):
            if self.cluster.ceph_json("osd", "map", pool, f"n{number}")["acting"][0] == 0:
                return f"n{number}"
        return self.fail("osd.0 leads no PG")

    def order(self, events):
        self.assertEqual([at for _, at, _, _ in events], sorted(at for _, at, _, _ in events))
        # Without those that only say what it waits for.
        return [name for name, _, _, detail in events if name == "durable" or detail & 255 == 0]

    def test_a_write_and_a_read_fire_their_steps_in_order(self):
        name = self.led_by_first("alone")
        trace = Trace(self, self.cluster.pid("osd.0"), "--events")
        self.cluster.rados("alone", "put", name, self.data)
        self.cluster.rados("alone", "get", name, "-", text=False)
        ops = [events for events in trace.ops(has_all_bytes, 2).values() if events[-1][2] == BYTES]
        written = [events for events in ops if events[0][3] == WRITES]
        read = [events for events in ops if events[0][3] == 0]
        self.assertEqual((len(written), len(read)), (1, 1), ops)
        self.assertEqual(self.order(written[0]), ARRIVAL + [
            "interpret", "replicate", "store", "commit", "durable", "reply", "done"])
        self.assertEqual(self.order(read[0]), ARRIVAL + ["interpret", "reply", "done"])
        # The bytes came with the write, and were read by the read.
        self.assertEqual({count for _, _, count, _ in written[0]}, {BYTES})
        self.assertEqual([count for _, _, count, _ in read[0]][-3:], [0, BYTES, BYTES])

    def test_an_op_can_be_followed_to_its_copy(self):
        name = self.led_by_first("p")
        traces = [Trace(self, self.cluster.pid(f"osd.{osd}"), "--events") for osd in range(2)]
        self.cluster.rados("p", "put", name, self.data)
        led = traces[0].ops(has_all_bytes)
        [(client, tid, op)] = [key for key, events in led.items() if has_all_bytes(key, events)]
        copied = traces[1].ops(lambda key, _: key[:2] == (client, tid))
        primary = led[client, tid, op]
        [replica] = [events for (other, number, _), events in copied.items() if (other, number) == (client, tid)]
        self.assertEqual(self.order(replica), ARRIVAL + ["store", "commit", "durable", "reply", "done"])
        self.assertEqual({detail & ~255 for _, _, _, detail in replica}, {WRITES | IS_REPLICA})
        order = self.order(primary)
        self.assertEqual(order[:10], ARRIVAL + ["interpret", "replicate", "store", "commit"])
        self.assertEqual(order[10:], ["durable", "durable", "reply", "done"])
        self.assertEqual(sorted(detail & 255 for event, _, _, detail in primary if event == "durable"), [0, 1])
        times = {event: at for event, at, _, _ in primary}
        told = dict((event, at) for event, at, _, _ in replica)
        # One clock on one machine: the copy is told after it is known what to tell, and is durable before the reply.
        self.assertLess(times["replicate"], told["dispatch"])
        self.assertLess(told["durable"], times["reply"])

    def test_every_op_is_in_the_table_and_nobody_listens_afterwards(self):
        name = self.led_by_first("alone")
        pid = self.cluster.pid("osd.0")
        self.assertEqual(listeners(pid), 0)
        before = self.cluster.daemon("perf", "dump", "osd")["osd"]
        trace = Trace(self, pid)
        self.assertEqual(listeners(pid), len(STEPS) + 2)
        for _ in range(COUNT):
            self.cluster.rados("alone", "put", name, self.data)
        for _ in range(COUNT):
            self.cluster.rados("alone", "get", name, "-", text=False)
        after = self.cluster.daemon("perf", "dump", "osd")["osd"]
        text = trace.text()
        kinds = {part.split()[0]: part for part in text.strip().split("\n\n")}
        self.assertGreaterEqual(after["op_w"] - before["op_w"], COUNT)
        self.rows_add_up(kinds["write"], after["op_w"] - before["op_w"], 12)
        self.rows_add_up(kinds["read"], after["op_r"] - before["op_r"], 9)
        wait_for("nobody to listen", lambda: listeners(pid) == 0)

    def rows_add_up(self, part, ops, rows):
        found = {}
        for line in part.splitlines()[1:]:
            words = re.fullmatch(r"  (.{24})\s*(\d+)((?:\s+[\d.]+){5})", line)
            found[words[1].strip()] = (int(words[2]), [float(figure) for figure in words[3].split()])
        self.assertEqual({count for count, _ in found.values()}, {ops}, part)
        self.assertEqual(len([name for name in found if name[0].isdigit() or name == "whole"]), rows, part)
        for count, (mean, p50, p95, p99, most) in found.values():
            self.assertTrue(0 <= p50 <= p95 <= p99 <= most and mean <= most, part)
        steps = sum(figures[0] for name, (_, figures) in found.items() if name[0].isdigit())
        self.assertAlmostEqual(steps, found["whole"][1][0], delta=1 + len(found) * 0.1)


if __name__ == "__main__":
    unittest.main()
