"""Medians and spreads of rounds, and ratios between two sides."""
import collections
import math
import statistics


class Samples:
    """Values by work and figure, for each side one or more of each round, in the order in which they first came."""

    def __init__(self, sides):
        self.sides = sides
        self.rows = collections.OrderedDict()

    def add(self, work, side, figures):
        for figure, value in figures.items():
            self.rows.setdefault((work, figure), {each: [] for each in self.sides})[side].append(value)

    def numbers(self):
        """The rows whose values are numbers."""
        return {key: values for key, values in self.rows.items() if _is_number(next(filter(None, values.values()))[0])}

    def values(self, work, figure, side):
        return self.rows.get((work, figure), {}).get(side, [])

    def median(self, work, figure, side):
        values = self.values(work, figure, side)
        return statistics.median(values) if values else math.nan

    def spread(self, work, figure, side):
        """The lowest and the highest."""
        values = self.values(work, figure, side)
        return (min(values), max(values)) if values else (math.nan, math.nan)

    def ratio(self, work, figure):
        """The first side's median by the second's; not a number without both."""
        if len(self.sides) < 2:
            return math.nan
        first, second = (self.median(work, figure, side) for side in self.sides)
        return first / second if second else math.nan

    def merged(self, work, figure, side):
        """Medians of a figure that is itself a table, such as percentiles."""
        tables = self.values(work, figure, side)
        keys = dict.fromkeys(key for table in tables for key in table)
        return {key: statistics.median(table.get(key, 0) for table in tables) for key in keys}


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)
