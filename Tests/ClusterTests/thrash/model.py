"""What an object may hold: every state that its one writer asked for, and which of them a reader may see."""
import hashlib
import threading
import time
from typing import NamedTuple, Optional

HISTORY_LINES = 25


class State(NamedTuple):
    """An object at a moment; `data` is None when there is none."""
    data: Optional[bytes]
    attributes: dict
    omap: dict

    @property
    def print(self):
        """What a state is known by afterwards: size and digests, a part each; None when absent."""
        if self.data is None:
            return None
        return len(self.data), digest(self.data), digest_of(self.attributes), digest_of(self.omap)


ABSENT = State(None, {}, {})


def digest(data):
    return hashlib.blake2b(data, digest_size=6).hexdigest()


def digest_of(entries):
    return f"{len(entries)}:{digest(repr(sorted(entries.items())).encode())}"


class Change:
    """A step of an object's life: what was asked, when, and what the object is after it."""

    def __init__(self, what, state_print):
        self.what, self.print = what, state_print
        self.sent, self.answered, self.code = time.time(), None, None

    def __str__(self):
        clock = time.strftime("%H:%M:%S", time.localtime(self.sent)) + f"{self.sent % 1:.3f}"[1:]
        end = "no answer" if self.answered is None else f"{self.answered - self.sent:6.3f} s -> {self.code}"
        return f"{clock} {end:16} {self.what} => {self.print}"


class ObjectHistory:
    """One writer, any number of readers. States are numbered in the order of writing.

    A read that began when `acknowledged` states were acknowledged must find one of those from there to
    the last one asked for, and none older than what an earlier read has found: that is linearizability
    of a register with one writer. A change without an answer may happen later, or never: after it the
    object is `doubtful` and is only read.
    """

    def __init__(self, pool, name):
        self.pool, self.name = pool, name
        self.head = ABSENT
        self.changes = [Change("nothing yet", None)]
        self.acknowledged = 0
        self.seen = 0
        self.is_doubtful = False
        self.is_wrong = False
        self.lock = threading.Lock()

    def submit(self, what, state):
        with self.lock:
            self.changes.append(Change(what, state.print))
            self.head = state
            return len(self.changes) - 1

    def answer(self, index, code):
        with self.lock:
            change = self.changes[index]
            change.answered, change.code = time.time(), code
            if not self.is_doubtful:
                self.acknowledged = max(self.acknowledged, index)

    def doubt(self, index, code):
        with self.lock:
            self.is_doubtful = True
            change = self.changes[index]
            change.answered, change.code = time.time(), code

    def begin_read(self):
        with self.lock:
            return max(self.acknowledged, self.seen)

    def end_read(self, oldest, state):
        """None if the state may be seen by a read that began at `oldest`, else what is wrong."""
        found = state.print
        with self.lock:
            for index in range(oldest, len(self.changes)):
                if self.changes[index].print == found:
                    self.seen = max(self.seen, index)
                    return None
            self.is_wrong = True
            return self.complain(oldest, found)

    def complain(self, oldest, found):
        lines = [f"{self.pool}/{self.name}: a read found {found}; "
                 f"it may find states {oldest} to {len(self.changes) - 1}"]
        older = [i for i, change in enumerate(self.changes[:oldest]) if change.print == found]
        if older:
            lines.append(f"  that is state {older[-1]}: what was acknowledged, or read, later is lost")
        last = self.changes[oldest].print
        if last is not None and found is not None:
            parts = [part for part, a, b in zip(("size", "data", "attributes", "omap"), last, found) if a != b]
            lines.append(f"  against state {oldest} differ: {', '.join(parts)}")
        return "\n".join(lines + self.story())

    def story(self):
        first = max(0, len(self.changes) - HISTORY_LINES)
        return [f"  {first + i:4} {change}" for i, change in enumerate(self.changes[first:])]
