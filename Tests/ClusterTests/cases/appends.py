"""Clients that append to objects of a pool while something happens: all of it once, in order."""
import threading

from harness import wait_for


class Appends:
    def __init__(self, pool, objects=3):
        self.pool, self.stopping = pool, threading.Event()
        self.counts = dict.fromkeys((f"appended.{n}" for n in range(objects)), 0)
        self.running = [pool.mix.later(self.run, name) for name in self.counts]

    def run(self, name):
        while not self.stopping.is_set():
            count = self.counts[name]
            self.pool.expect(self.pool.write(name, ("append", b"%d;" % count)), 0, f"{name}: append {count}")
            self.counts[name] = count + 1
            self.stopping.wait(0.01)

    def wait_for_more(self, seconds=240, each=5):
        """That each client gets on."""
        goals = {name: count + each for name, count in self.counts.items()}
        self.wait(goals, seconds)

    def wait(self, goals, seconds):
        def is_there():
            for call in self.running:
                if call.done():
                    call.result()
            return all(self.counts[name] >= goal for name, goal in goals.items())
        wait_for(f"appends to {self.pool.name}: {goals}", is_there, seconds, 0.05)

    def end(self):
        """All are answered; the objects should be what was appended."""
        self.stopping.set()
        for call in self.running:
            call.result(timeout=300)
        for name, count in self.counts.items():
            self.pool.objects[name] = b"".join(b"%d;" % n for n in range(count))
