"""Random changes of an object: each gives the steps of a write vector, the state after it, and the code."""
from .model import ABSENT, State

MOST = 768 << 10  # bytes; several parts of a recovery, as the thrash sets its chunk
ENOENT = -2


def some_bytes(random):
    most = random.choice((64, 600, 4096, 9000, 66000, 66000, 200000))
    return random.randbytes(random.randrange(1, most))


def overlay(data, offset, new):
    data = data or b""
    return data[:offset].ljust(offset, b"\0") + new + data[offset + len(new):]


def write(random, state):
    new = some_bytes(random)
    offset = random.randrange(len(state.data or b"") + 5000)
    if random.random() < 0.3:
        offset &= ~4095
    return [("write", new, offset)], state._replace(data=overlay(state.data, offset, new)), 0


def write_full(random, state):
    new = some_bytes(random)
    return [("write_full", new)], state._replace(data=new), 0


def append(random, state):
    new = some_bytes(random)
    return [("append", new)], state._replace(data=(state.data or b"") + new), 0


def truncate(random, state):
    size = random.randrange(len(state.data) + 3000)
    return [("truncate", size)], state._replace(data=state.data[:size].ljust(size, b"\0")), 0


def zero(random, state):
    """Zeros up to the end cut the object off there: `PrimaryLogPG::do_osd_ops` makes a truncate of them."""
    if not state.data:
        return append(random, state)
    offset = random.randrange(len(state.data))
    length = random.randrange(1, len(state.data) - offset + 1)
    end = offset + length
    data = state.data[:offset] if end == len(state.data) else overlay(state.data, offset, bytes(length))
    return [("zero", offset, length)], state._replace(data=data), 0


def set_attribute(random, state):
    name, value = f"a{random.randrange(6)}", random.randbytes(random.randrange(1, 300))
    after = State(state.data or b"", {**state.attributes, name.encode(): value}, state.omap)
    return [("setxattr", name.encode(), value)], after, 0


def remove_attribute(random, state):
    if not state.attributes:
        return set_attribute(random, state)
    name = random.choice(sorted(state.attributes))
    left = {k: v for k, v in state.attributes.items() if k != name}
    return [("rmxattr", name)], state._replace(attributes=left), 0


def set_omap(random, state):
    new = {b"k%03d" % random.randrange(200): random.randbytes(random.randrange(1, 100))
           for _ in range(random.randrange(1, 30))}
    return [("omap_set", list(new.items()))], State(state.data or b"", state.attributes, {**state.omap, **new}), 0


def remove_omap(random, state):
    if not state.omap:
        return set_omap(random, state)
    keys = random.sample(sorted(state.omap), random.randrange(1, len(state.omap) + 1))
    left = {k: v for k, v in state.omap.items() if k not in keys}
    return [("omap_rm_keys", keys)], state._replace(omap=left), 0


def clear_omap(random, state):
    return [("omap_clear",)], state._replace(omap={}), 0


def remove(random, state):
    return [("remove",)], ABSENT, 0 if state.data is not None else ENOENT


def several(random, state):
    """A vector of data, attribute and omap: all of it, or nothing."""
    steps = []
    for change in (write, set_attribute, set_omap):
        more, state, _ = change(random, state)
        steps += more
    return steps, state, 0


ON_ANY = (write, write, write_full, append, append, append, set_attribute, set_omap, several)
ON_EXISTING = ON_ANY + (truncate, zero, remove_attribute, remove_omap, clear_omap, remove)


def describe(steps):
    def short(value):
        return f"<{len(value)}>" if isinstance(value, (bytes, list)) and len(value) > 8 else repr(value)
    return " + ".join(f"{name}({', '.join(map(short, values))})" for name, *values in steps)


def random_change(random, state):
    if len(state.data or b"") > MOST:
        change = random.choice((write_full, truncate, remove))
    else:
        change = random.choice(ON_ANY if state.data is None else ON_EXISTING)
    return change(random, state)
