"""Cases in which clients are at work meanwhile."""
import raw_ops
from harness import wait_for
from .appends import Appends
from .mix import HEARTBEAT_GRACE
from .pool import A, B, P, CasePool


def duplicate_op_after_a_primary_change(mix):
    """An op that is sent again to another primary is answered from the log, as the first time, and not done again."""
    pool = CasePool(mix)
    known, unheard = (4242, 1, 0), (4242, 2, 0)

    def append(osd, reqid, text, retry):
        client = mix.raw_client(osd)
        try:
            return client.reply(pool.send(client, "object", raw_ops.append(text), reqid=reqid, retry=retry))
        finally:
            client.close()
    first = append(P, known, b"once.", -1)
    pool.expect(first.result, 0, "first reply")
    client = mix.raw_client(P)
    pool.send(client, "object", raw_ops.append(b"twice."), reqid=unheard)
    mix.kill(P)  # Perhaps it has done it, perhaps not.
    client.close()
    pool.wait_active(A, B)
    for osd, reqid, text in (A, known, b"once."), (A, unheard, b"twice."), (A, unheard, b"twice."):
        again = append(osd, reqid, text, 1)
        pool.expect(again.result, 0, "reply of the next primary")
        if reqid == known:
            pool.expect((again.replay, again.user_version), (first.replay, first.user_version), "version of the first")
    pool.objects["object"] = b"once.twice."
    pool.check()
    mix.start(P)
    pool.wait_clean()
    for reqid, text in (known, b"once."), (unheard, b"twice."):
        pool.expect(append(P, reqid, text, 2).result, 0, "reply of the first primary, which is back")
    pool.check()


def two_osds_down_at_once(mix):
    """Two of three copies die in the same moment under load: nothing that was acknowledged is lost."""
    pool = CasePool(mix, min_size=2)
    appends = Appends(pool)
    appends.wait_for_more()
    mix.kill(P, A)
    pool.wait_state("undersized", "peered")
    mix.start(A)
    appends.wait_for_more()
    mix.start(P)
    appends.end()
    pool.wait_clean()
    pool.check()


def network_cut_between_two(mix):
    """Two OSDs that hear the monitor and all others, but not each other: one is told of, the other goes on.

    A bears the silence: if both told of it in the same moment, both would be down. And A would boot again and be told of,
    so often that leases never end between: noup holds that, as an operator does.
    """
    pool = CasePool(mix, min_size=2)
    appends = Appends(pool)
    appends.wait_for_more()
    mix.command("config set", who="mon", name="mon_osd_min_down_reporters", value="1")
    mix.flags("set", "noup")
    mix.set_option(A, osd_heartbeat_grace=600)
    try:
        mix.cut(P, A)
        wait_for("who bears it down", lambda: not mix.is_up(A), pause=0.1)
        appends.wait_for_more()
        mix.mend()
    finally:
        mix.set_option(A, osd_heartbeat_grace=HEARTBEAT_GRACE)
        mix.flags("unset", "noup")
        mix.command("config rm", who="mon", name="mon_osd_min_down_reporters")
    wait_for("who was down up", lambda: mix.is_up(A), pause=0.2)
    appends.wait_for_more()
    appends.end()
    pool.wait_clean()
    pool.check()
