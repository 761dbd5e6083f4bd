"""A drawing as SVG text: a frame with axes in which points have values, not pixels."""
import html
import math

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 80, 190, 40, 60
COLOURS = ("#1f6fb4", "#d1602b", "#3a9a5b", "#8a56a5", "#b8a024", "#707070", "#c2458b", "#2aa5a8")


class Axis:
    """Maps values to pixels, linearly or by their logarithm."""

    def __init__(self, low, high, pixels, is_logarithmic=False):
        self.is_logarithmic = is_logarithmic
        self.low, self.high = self._scale(low), self._scale(high)
        if self.low == self.high:
            self.high += 1
        self.pixels = pixels

    def _scale(self, value):
        return math.log10(max(value, 1e-9)) if self.is_logarithmic else value

    def at(self, value):
        share = (self._scale(value) - self.low) / (self.high - self.low)
        return self.pixels[0] + share * (self.pixels[1] - self.pixels[0])

    def ticks(self):
        """About five round values."""
        if self.is_logarithmic:
            values = [mantissa * 10 ** power for power in range(math.floor(self.low), math.ceil(self.high) + 1)
                      for mantissa in (1, 2, 5)]
            return [value for value in values if self.low - 1e-9 <= math.log10(value) <= self.high + 1e-9]
        step = 10 ** math.floor(math.log10((self.high - self.low) / 5))
        step *= next(each for each in (1, 2, 5, 10) if (self.high - self.low) / (step * each) <= 6)
        first = math.ceil(self.low / step)
        return [index * step for index in range(first, math.floor(self.high / step) + 1)]


class Drawing:
    def __init__(self, title, height=HEIGHT):
        self.height = height
        self.marks = []
        self.text(WIDTH / 2, 22, title, size=15, anchor="middle")

    def text(self, x, y, words, size=11, anchor="start", turn=None, colour="#222"):
        turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
        self.marks.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
                          f'fill="{colour}"{turned}>{html.escape(str(words))}</text>')

    def line(self, x1, y1, x2, y2, colour="#ddd", width=1.0):
        self.marks.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
                          f'stroke-width="{width}"/>')

    def box(self, x, y, width, height, colour):
        self.marks.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
                          f'fill="{colour}"/>')

    def path(self, points, colour, is_dashed=False):
        """A line through points in pixels, with a dot at each."""
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = ' stroke-dasharray="6 4"' if is_dashed else ""
        self.marks.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        self.marks += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]

    def legend(self, entries):
        """`entries`: pairs of words and a colour."""
        for index, (words, colour) in enumerate(entries):
            y = TOP + 14 + index * 18
            self.box(WIDTH - RIGHT + 16, y - 9, 12, 10, colour)
            self.text(WIDTH - RIGHT + 34, y, words)

    def grid(self, x_axis, y_axis, x_label, y_label):
        for value in x_axis.ticks():
            x = x_axis.at(value)
            self.line(x, TOP, x, self.height - BOTTOM)
            self.text(x, self.height - BOTTOM + 16, f"{value:g}", anchor="middle")
        for value in y_axis.ticks():
            y = y_axis.at(value)
            self.line(LEFT, y, WIDTH - RIGHT, y)
            self.text(LEFT - 8, y + 4, f"{value:g}", anchor="end")
        self.text((LEFT + WIDTH - RIGHT) / 2, self.height - 18, x_label, anchor="middle")
        self.text(20, self.height / 2, y_label, anchor="middle", turn=-90)

    def __str__(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{self.height}" '
                f'viewBox="0 0 {WIDTH} {self.height}" font-family="sans-serif">\n'
                f'<rect width="{WIDTH}" height="{self.height}" fill="white"/>\n' + "\n".join(self.marks) + "\n</svg>\n")
