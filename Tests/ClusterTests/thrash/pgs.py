"""What the manager says of PGs; they tell it every 5 s."""
import time


def pg_rows(admin):
    """A row a PG, or none when the manager does not answer."""
    _, listed, _ = admin.manager("pg dump", dumpcontents=["pgs"])
    return listed["pg_stats"] if isinstance(listed, dict) else listed or []


def place_of(admin, pool, name):
    """An object's PG and its acting set by the monitor's map."""
    code, found, words = admin.monitor("osd map", pool=pool, object=name)
    if code:
        raise AssertionError(f"osd map {pool} {name}: {code} {words}")
    return found["pgid"], found["acting"]


def stamp_of(seconds):
    """As stamps of scrubs are written, to compare with."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(seconds))
