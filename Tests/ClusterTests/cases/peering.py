"""Cases in which OSDs come back and have to agree on what was."""
import time

import raw_ops
from harness import wait_for
from .pool import A, B, P, SPARE, CasePool


def version(text):
    """Of "epoch'version", the latter."""
    return int(text.split("'")[1])


def divergent_priors(mix):
    """A primary rejoins with log entries that nobody else has: they are rewound, the objects are the survivors'."""
    pool = CasePool(mix)
    for name in "kept", "changed", "removed", "changed by both":
        pool.put(name, b"agreed " * 1000)
    pool.wait_clean()
    before = version(pool.query()["info"]["last_update"])
    client = mix.raw_client(P)
    mix.stop(A, B)
    for name in "kept", "changed", "changed by both", "made":
        pool.send(client, name, raw_ops.write(b"divergent"))
    pool.send(client, "removed", raw_ops.DELETE)
    wait_for("the primary's own entries", lambda: version(pool.query()["info"]["last_update"]) == before + 5)
    time.sleep(0.5)  # Its store has them.
    mix.kill(P, A, B)
    client.close()
    if "made" not in mix.stored_names(P, pool.pgid):
        raise AssertionError("the primary did not store what it alone has: there is nothing to rewind")
    mix.start(A, B)
    pool.wait_active(A, B)
    for name in "changed", "changed by both", "later":
        pool.put(name, b"agreed by the others")
    mix.start(P)
    pool.wait_clean()
    pool.check()


def lone_survivor_with_stale_data(mix):
    """Who missed the last writes stays down, however alone: it does not answer before one comes who has them."""
    pool = CasePool(mix, min_size=1)
    pool.put("object", b"old")
    mix.kill(B)
    pool.wait_active(P, A)
    pool.put("object", b"new")
    mix.kill(P, A)
    mix.start(B)
    pool.wait_state("down")
    awaited = {osd for stage in pool.query()["recovery_state"] for osd in stage.get("down_osds_we_would_probe", [])}
    if not awaited or not awaited <= {P, A}:
        raise AssertionError(f"it waits for {awaited}, not for those who may know")
    read, write = mix.later(pool.get, "object"), mix.later(pool.write, "other", ("write_full", b"other"))
    pool.check_waits(read, write)
    mix.start(P)
    pool.expect(read.result(240), b"new", "object")
    pool.expect(write.result(240), 0, "other")
    pool.objects["other"] = b"other"
    mix.start(A)
    pool.wait_clean()
    pool.check()


def min_size_held(mix):
    """Below min_size nothing is written or read; it goes on when a copy is back."""
    pool = CasePool(mix, min_size=2)
    pool.put("object", b"before")
    mix.kill(A, B)
    pool.wait_state("undersized", "peered")
    write, read = mix.later(pool.write, "new", ("write_full", b"new")), mix.later(pool.get, "object")
    pool.check_waits(write, read)
    mix.start(B)
    pool.expect(write.result(240), 0, "new")
    pool.expect(read.result(240), b"before", "object")
    pool.objects["new"] = b"new"
    mix.start(A)
    pool.wait_clean()
    pool.check()


def map_gap(mix):
    """An OSD was away for so many maps that the monitor has dropped those that follow its last."""
    pool = CasePool(mix)
    pool.put("before", b"before")
    last = mix.ask(B, "status")["newest_map"]
    mix.kill(B)
    mix.command("osd out", ids=[str(B)])
    pool.place(P, A, SPARE)
    pool.wait_clean()
    pool.put("meanwhile", b"meanwhile")

    def is_trimmed():
        mix.flags("set", "noscrub")
        mix.flags("unset", "noscrub")
        return mix.command("report")["osdmap_first_committed"] > last + 1
    wait_for(f"the monitor without map {last + 1}", is_trimmed, pause=0)
    mix.start(B)
    mix.command("osd in", ids=[str(B)])
    pool.put("before", b"after")
    pool.place(B, P, A)
    pool.wait_clean()
    pool.check()
    if mix.ask(B, "status")["oldest_map"] <= last:
        raise AssertionError(f"osd.{B} had all maps: there was no gap")


def primary_restarts_in_get_missing(mix):
    """The primary dies while it waits for what a copy lacks, and begins anew."""
    pool = CasePool(mix)
    pool.put("object", b"old")
    mix.kill(B)
    pool.wait_active(P, A)
    for n in range(5):
        pool.put(f"missed.{n}", b"new" * 1000)
    slow = {"osd_debug_inject_dispatch_delay_duration": "0.3", "osd_debug_inject_dispatch_delay_probability": "1"}
    for name, value in slow.items():
        mix.command("config set", who=f"osd.{B}", name=name, value=value)
    try:
        back = mix.later(mix.start, B)
        pool.wait("in GetMissing", lambda q: any(
            s["name"] == "Started/Primary/Peering/GetMissing" for s in q["recovery_state"]), pause=0.01)
        mix.kill(P)
        back.result(240)
    finally:
        for name in slow:
            mix.command("config rm", who=f"osd.{B}", name=name)
    mix.start(P)
    pool.wait_clean()
    pool.check()
