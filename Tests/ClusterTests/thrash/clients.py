"""Clients of a thrash: writers that own objects, and readers that look at everybody's."""
import random
import threading
import traceback

import librados
from .changes import MOST, describe, random_change
from .model import ABSENT, State

PATIENCE = 240  # seconds until an op without an answer is a defect: nothing that is done takes PGs away for so long
ROOM = 2 * MOST
ENOENT, ETIMEDOUT = -2, -110


class Findings:
    """What went wrong, in the words of who saw it."""

    def __init__(self, say):
        self.texts, self.say, self.lock = [], say, threading.Lock()
        self.evidence = lambda: None  # called once, at the first

    def add(self, text):
        with self.lock:
            self.texts.append(text)
            self.say(f"VIOLATION {len(self.texts)}: {text}")
            is_first = len(self.texts) == 1
        if is_first:
            self.evidence()


def read_state(pool, name):
    """All of an object in one vector, so of one moment. An error code other than ENOENT instead of it."""
    code, _, data, attributes, omap = pool.read(
        name.encode(), ("stat",), ("read", 0, ROOM), ("getxattrs",), ("omap_vals", b"", b"", 1000))
    if code == ENOENT:
        return ABSENT
    return State(data[2], dict(attributes[1]), dict(omap[2])) if code == 0 else code


def check_read(pool, history, findings, where=""):
    oldest = history.begin_read()
    state = read_state(pool, history.name)
    if isinstance(state, int):
        findings.add(f"{history.pool}/{history.name}: read{where}: error {state}\n" + "\n".join(history.story()))
        return False
    complaint = history.end_read(oldest, state)
    if complaint:
        findings.add(complaint + where)
    return complaint is None


class Client(threading.Thread):
    """A librados client of its own, at work until it is told to stop."""

    def __init__(self, name, seed, conf, histories, findings):
        super().__init__(name=name, daemon=True)
        self.random, self.histories, self.findings = random.Random(f"{seed}.{name}"), histories, findings
        self.cluster = librados.Cluster(conf, op_timeout=PATIENCE)
        self.pools = {pool: self.cluster.pool(pool) for pool in {h.pool for h in histories}}
        self.count, self.is_stopping = 0, threading.Event()

    def run(self):
        try:
            while not self.is_stopping.wait(0.002):
                history = self.random.choice(self.histories)
                if not history.is_wrong:
                    self.work_on(history, self.pools[history.pool])
        except Exception:
            self.findings.add(f"{self.name} ended: {traceback.format_exc()}")

    def stop(self):
        """Waits for what is under way; False when it does not come back."""
        self.is_stopping.set()
        self.join(PATIENCE + 20)
        if self.is_alive():
            self.findings.add(f"{self.name} waits for an op without end")
            return False
        for pool in self.pools.values():
            pool.close()
        self.cluster.close()
        return True


class Reader(Client):
    def work_on(self, history, pool):
        check_read(pool, history, self.findings)
        self.count += 1


class Writer(Client):
    """Sends one change, or several of one object at once, which must happen in their order."""

    def work_on(self, history, pool):
        if history.is_doubtful:
            return
        burst = 1 if self.random.random() < 0.6 else self.random.randrange(2, 7)
        under_way = []
        for _ in range(burst):
            steps, state, code = random_change(self.random, history.head)
            index = history.submit(describe(steps), state)
            under_way.append((index, code, pool.begin_write(history.name.encode(), *steps)))
        for index, expected, operation in under_way:
            self.settle(history, index, expected, operation())
            self.count += 1

    def settle(self, history, index, expected, code):
        if code == expected:
            history.answer(index, code)
            return
        history.doubt(index, code)
        what = f"no answer within {PATIENCE} s" if code == ETIMEDOUT else f"answered {code}, not {expected}"
        self.findings.add(f"{history.pool}/{history.name}: change {index} {what}\n" + "\n".join(history.story()))
