"""Deep scrubs of what cases leave: all copies of all objects are equal."""
from thrash.checks import is_clean

SECONDS = 240


def stamp(query):
    return query["info"]["history"]["last_deep_scrub_stamp"]


def deep_scrub(mix, pools):
    before = {}
    for pool in pools:
        pool.wait_clean()
        before[pool] = stamp(pool.query())
        code, _, words = mix.admin.manager("pg deep-scrub", pgid=pool.pgid)
        pool.expect(code, 0, f"deep-scrub: {words}")
    for pool in pools:
        pool.wait("scrubbed", lambda q: stamp(q) != before[pool] and "scrubbing" not in q["state"], SECONDS, 0.3)
        query = pool.query()
        pool.expect(query["info"]["stats"]["stat_sum"]["num_scrub_errors"], 0, "scrub errors")
        pool.expect(is_clean(query["state"]), True, query["state"])
