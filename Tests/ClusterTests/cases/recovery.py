"""Cases in which objects are copied, and cannot be."""
import contextlib
import time

from harness import wait_for
from .pool import A, B, P, SPARE, CasePool
from .scrub import deep_scrub

NEAR_NOTHING = 0.0000001  # of a device: more is always used
ENOENT = -2


def recovery_of_unreadable_objects(mix):
    """Recovery comes to a copy that cannot be read: it takes another; if there is none, the object is unfound."""
    from_the_primary(mix)
    from_a_replica(mix)
    from_the_only_one(mix)


def damage(mix, osd, pool, *names):
    for name in names:
        said = mix.ask(osd, "injectdataerr", pool=pool.name, objname=name)
        if said.strip() != "ok":
            raise AssertionError(f"injectdataerr on osd.{osd}: {said}")


def from_the_primary(mix):
    pool = CasePool(mix)
    pool.put("before", b"before")
    mix.kill(B)
    pool.wait_active(P, A)
    pool.put("object", b"new" * 3000)
    damage(mix, P, pool, "object")
    repaired = pool.sums["num_objects_repaired"]
    mix.start(B)
    pool.wait_clean()
    # The primary's copy is another one by now: a read of the damaged one would be repaired, and counted.
    pool.check()
    pool.expect(pool.sums["num_objects_repaired"], repaired, "objects repaired by reads")


def from_a_replica(mix):
    pool = CasePool(mix)
    pool.put("before", b"before")
    mix.kill(P)
    pool.wait_active(A, B)
    names = [f"object.{n}" for n in range(6)]
    for name in names:
        pool.put(name, b"new" * 3000)
    damage(mix, A, pool, *names[:3])
    damage(mix, B, pool, *names[3:])
    mix.start(P)
    pool.wait_clean()
    pool.check()


def from_the_only_one(mix):
    pool = CasePool(mix, (P, A), min_size=1)
    pool.put("object", b"first")
    mix.kill(A)
    pool.wait_active(P)
    pool.put("object", b"second")
    damage(mix, P, pool, "object")
    mix.start(A)
    pool.wait_state("recovery_unfound")
    pool.expect(pool.sums["num_objects_unfound"], 1, "objects unfound")
    read = mix.later(pool.get, "object")
    pool.check_waits(read, seconds=0.5)
    mix.cluster.ceph("pg", pool.pgid, "mark_unfound_lost", "revert")
    # A push had begun, and with it the older version there does not count any more: the object is given up.
    pool.expect(read.result(240), ENOENT, "object")
    del pool.objects["object"]
    pool.wait_clean()
    pool.check()


@contextlib.contextmanager
def no_room(mix):
    """All OSDs are over the backfillfull ratio for a while."""
    ratios = {ratio: mix.dump()[f"{ratio}_ratio"] for ratio in ("nearfull", "backfillfull")}
    for ratio in ratios:
        mix.command(f"osd set-{ratio}-ratio", ratio=NEAR_NOTHING)
    try:
        yield
    finally:
        for ratio, value in ratios.items():
            mix.command(f"osd set-{ratio}-ratio", ratio=float(f"{value:.4f}"))


def backfill_too_full(mix):
    """A backfill's target has no room: the PG says so, serves, and goes on when there is room."""
    pool = CasePool(mix)
    pool.fill()
    with no_room(mix):
        pool.place(P, A, SPARE)
        pool.wait_state("active", "remapped", "backfill_toofull")
        pool.put("meanwhile", b"meanwhile")
    pool.wait_clean()
    pool.check()


def all_targets_too_full(mix):
    """Two targets lose their room after they gave places; one says so while the other still has its scan before it.

    A stock one aborts if it is told in between that the primary gives its place back.
    """
    pool = CasePool(mix, (P, B))
    pool.fill()
    slow = {"osd_debug_inject_dispatch_delay_duration": 0.5, "osd_debug_inject_dispatch_delay_probability": 1}
    mix.flags("set", "nobackfill")
    try:
        pool.place(A, SPARE)
        pool.wait_state("backfilling")
        with no_room(mix):
            wait_for("targets that know it", lambda: all(
                "backfillfull" in osd["state"] for osd in mix.dump()["osds"] if osd["osd"] in pool.osds), pause=0.1)
            mix.set_option(SPARE, **slow)
            mix.flags("unset", "nobackfill")
            pool.wait_state("active", "remapped", "backfill_toofull")
            time.sleep(1)  # what was sent to the slow one it has looked at by now
    finally:
        mix.flags("unset", "nobackfill")
        mix.set_option(SPARE, **dict.fromkeys(slow, 0))
    pool.wait_clean()
    pool.check()


def reservation_rejected(mix):
    """A target gives no place for a backfill: the primary gives back its own, others use it, and it asks again."""
    refused, other = CasePool(mix), CasePool(mix, (P, A), min_size=1)
    for pool in refused, other:
        pool.fill()
    mix.set_option(SPARE, osd_debug_reject_backfill_probability=1)
    try:
        refused.place(P, A, SPARE)
        refused.wait_state("active", "remapped", "backfill_toofull")
        other.place(P, B)
        other.wait_clean()
        refused.wait_state("active", "remapped", "backfill_toofull")
    finally:
        mix.set_option(SPARE, osd_debug_reject_backfill_probability=0)
    refused.wait_clean()
    for pool in refused, other:
        pool.check()


def unfound_then_found(mix):
    """Objects whose newest version only one had who is gone: they are unfound, ops wait, and it comes back."""
    pool = CasePool(mix, min_size=1)
    pool.put("old", b"first")
    mix.flags("set", "norecover", "nobackfill")
    try:
        mix.kill(P, A)
        pool.wait_active(B)
        for name in "old", "new":
            pool.put(name, b"second")
        mix.start(P, A)
        pool.wait("peered again", lambda q: "active" in q["state"].split("+") and sorted(q["acting"]) == [P, A, B])
        mix.kill(B)
    finally:
        mix.flags("unset", "norecover", "nobackfill")
    pool.wait_state("active", "recovery_unfound")
    pool.expect(pool.sums["num_objects_unfound"], 2, "objects unfound")
    read, write = mix.later(pool.get, "old"), mix.later(pool.write, "new", ("append", b"."))
    pool.check_waits(read, write)
    mix.start(B)
    pool.expect(read.result(240), b"second", "old")
    pool.expect(write.result(240), 0, "new")
    pool.objects["new"] = b"second."
    pool.wait_clean()
    pool.check()


def replaced_osd_with_a_new_uuid(mix):
    """An OSD is destroyed, and a new one takes its number: it gets everything."""
    pool = CasePool(mix)
    pool.fill()
    old = next(o["uuid"] for o in mix.dump()["osds"] if o["osd"] == B)
    mix.kill(B)
    mix.replace(B)
    mix.start(B)
    pool.expect(next(o["uuid"] for o in mix.dump()["osds"] if o["osd"] == B) != old, True, "another uuid")
    pool.wait_clean()
    pool.place(B, P, A)
    pool.wait_clean()
    pool.check()
    deep_scrub(mix, [pool])
