"""The charts of a run as SVG files: latency against load, CPU of each op by step, percentiles of latency.

A chart for which nothing was measured is not written.
"""
import math

from . import svg
from .profile import STEPS
from .svg import BOTTOM, COLOURS, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Drawing

X = (LEFT, WIDTH - RIGHT)
Y = (HEIGHT - BOTTOM, TOP)


def write(directory, part, session):
    charts = {"latency-against-load": against_load, "cpu-by-step": by_step, "percentiles": percentiles}
    for name, draw in charts.items():
        drawing = draw(session)
        if drawing:
            (directory / f"{name}-{part}.svg").write_text(str(drawing))


def _sides(session):
    return [(name, str(side)) for name, side in session.sides.items()]


def against_load(session):
    """Mean latency over the ops a second, a line for each load, a point for each depth; the reference dashed."""
    lines = []
    for load, works in _loads(session.setting.works).items():
        for index, (side, binary) in enumerate(_sides(session)):
            points = [(session.samples.median(work.name, "iops", side),
                       session.samples.median(work.name, "lat_ms", side), work.depth) for work in works]
            points = [point for point in points if not math.isnan(point[0])]
            if len(points) > 1:
                lines.append((f"{load} {binary}", points, index > 0))
    if not lines:
        return None
    every = [point for _, points, _ in lines for point in points]
    x_axis = Axis(0, max(iops for iops, _, _ in every) * 1.05, X)
    y_axis = Axis(0, max(latency for _, latency, _ in every) * 1.1, Y)
    drawing = Drawing("Latency against load")
    drawing.grid(x_axis, y_axis, "ops a second (at each point: the queue depth)", "mean latency, ms")
    for (_, points, is_dashed), colour in zip(lines, COLOURS):
        places = [(x_axis.at(iops), y_axis.at(latency)) for iops, latency, _ in points]
        drawing.path(places, colour, is_dashed)
        for (x, y), (_, _, depth) in zip(places, points):
            drawing.text(x + 6, y - 6, depth, colour=colour)
    drawing.legend([(words, colour) for (words, _, _), colour in zip(lines, COLOURS)])
    return drawing


def _loads(works):
    """Counted works by load, in the order of their depths."""
    loads = {}
    for work in works:
        if ":" not in work.name:
            loads.setdefault(work.load, []).append(work)
    return {load: sorted(each, key=lambda work: work.depth) for load, each in loads.items()}


def by_step(session):
    """A bar for each profiled work and side."""
    bars = [(f"{work} {binary}", session.samples.merged(work, "steps", side))
            for work in session.setting.profiled for side, binary in _sides(session)
            if session.samples.values(work, "steps", side)]
    if not bars:
        return None
    height = TOP + BOTTOM + max(len(bars) * 46, len(STEPS) * 18)
    drawing = Drawing("CPU of each op by step, microseconds", height)
    axis = Axis(0, max(sum(steps.values()) for _, steps in bars) * 1.05, (LEFT + 60, WIDTH - RIGHT))
    for value in axis.ticks():
        drawing.line(axis.at(value), TOP, axis.at(value), height - BOTTOM)
        drawing.text(axis.at(value), height - BOTTOM + 16, f"{value:g}", anchor="middle")
    for index, (words, steps) in enumerate(bars):
        y, reached = TOP + 8 + index * 46, 0
        drawing.text(LEFT + 52, y + 20, words, anchor="end")
        for step, colour in zip(STEPS, COLOURS):
            drawing.box(axis.at(reached), y, axis.at(reached + steps[step]) - axis.at(reached), 32, colour)
            reached += steps[step]
        drawing.text(axis.at(reached) + 4, y + 20, f"{reached:.0f}")
    drawing.legend(list(zip(STEPS, COLOURS)))
    return drawing


def percentiles(session):
    """Latency by percentile, each nine as wide as the one before; both axes logarithmic."""
    lines = []
    for work in _with_percentiles(session):
        for index, (side, binary) in enumerate(_sides(session)):
            table = session.samples.merged(work, "percentiles", side)
            points = [(1 / (1 - share / 100), latency) for share, latency in sorted(table.items()) if share < 100]
            if points:
                lines.append((f"{work} {binary}", [p for p in points if p[0] >= 2], index > 0))
    if not lines:
        return None
    every = [latency for _, points, _ in lines for _, latency in points]
    x_axis, y_axis = Axis(2, 1e4, X, True), Axis(min(every) / 1.2, max(every) * 1.2, Y, True)
    drawing = Drawing("Latency by percentile")
    drawing.grid(_Nines(2, 1e4, X, True), y_axis, "percentile", "latency, ms")
    for (_, points, is_dashed), colour in zip(lines, COLOURS):
        drawing.path([(x_axis.at(x), y_axis.at(y)) for x, y in points], colour, is_dashed)
    for share in (50, 90, 99, 99.9, 99.99):
        drawing.text(x_axis.at(1 / (1 - share / 100)), HEIGHT - BOTTOM + 16, f"{share:g}", anchor="middle")
    drawing.legend([(words, colour) for (words, _, _), colour in zip(lines, COLOURS)])
    return drawing


def _with_percentiles(session):
    """The timed works if there are any: short runs say little about the tail."""
    found = [work for work, figure in session.samples.rows if figure == "percentiles"]
    return [work for work in found if ":" in work] or found[:len(COLOURS) // 2]


class _Nines(svg.Axis):
    """Its lines are drawn at the nines; their names are percentiles, which the chart writes itself."""

    def ticks(self):
        return []
