"""Plots of a report: SVG that a page holds in itself, without a script and without a library."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor

WIDTH, HEIGHT, LEFT, BELOW = 900.0, 130.0, 56.0, 18.0
COLOURS = {
    "COLLECTING": "#cbd5e1",
    "VERIFIED": "#86d3a2",
    "UNCERTAIN": "#f3d58a",
    "IMPOSTOR_SUSPECTED": "#ef8e8e",
    "DRIVER_CHANGED": "#ef8e8e",
    "CONSISTENT": "#86d3a2",
    "STALE": "#d6d3d1",
    "live": "#bfdbfe",
    "unscored": "#e2e8f0",
    "LOOPED": "#ef8e8e",
    "REPLAYED": "#ef8e8e",
    "STILL_PICTURE": "#ef8e8e",
}
"""Of decisions, and of what a picture was; any other is white."""
_STEPS = [digit * 10.0**power for power in range(-1, 9) for digit in (1, 2, 5)]
"""Seconds from one tick to the next."""


@dataclass(frozen=True)
class Line:
    """A series of (time, value), None where nothing was measured; `dots` are drawn alone, not joined."""

    name: str
    colour: str
    points: Sequence[tuple[float, float | None]]
    dots: bool = False


@dataclass(frozen=True)
class Span:
    """The times that a plot shows."""

    first: float
    last: float

    def x(self, time: float) -> float:
        """Where a time is drawn."""
        share = (time - self.first) / max(self.last - self.first, 1e-9)
        return LEFT + (WIDTH - LEFT - 8) * share

    @property
    def ticks(self) -> list[float]:
        """Round times in it, eight or nine at most; its first time where it is too short for one."""
        step = next(step for step in _STEPS if (self.last - self.first) / step <= 8)
        numbers = range(ceil(self.first / step - 1e-6), floor(self.last / step + 1e-6) + 1)
        return [number * step for number in numbers] or [self.first]


def plot(title: str, span: Span, lines: Sequence[Line], levels: Sequence[tuple[str, float]], moment: float) -> str:
    """Series over time, with `levels` (name, value) across and the moment of the incident."""
    measured = [value for line in lines for _, value in line.points if value is not None]
    values = measured + [value for _, value in levels]
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = 0.08 * (high - low) or 1.0
    low, high = low - margin, high + margin

    def y(value: float) -> float:
        return 6 + (HEIGHT - BELOW - 12) * (high - value) / (high - low)

    drawn = [f'<rect x="{LEFT}" y="6" width="{WIDTH - LEFT - 8}" height="{HEIGHT - BELOW - 12}" class="frame"/>']
    for name, value in levels:
        drawn.append(f'<line x1="{LEFT}" x2="{WIDTH - 8}" y1="{y(value):.1f}" y2="{y(value):.1f}" class="level"/>')
        beside = y(value) + (12 if y(value) < 22 else -3)  # above the line, unless that would be outside
        drawn.append(f'<text x="{WIDTH - 12}" y="{beside:.1f}" class="end">{escape(name)}</text>')
    for said, value in {f"{value:.4g}": value for value in (low + margin, high - margin)}.items():
        drawn.append(f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" class="end">{said}</text>')
    drawn += [_series(line, span, y) for line in lines]
    if not measured:
        drawn.append(f'<text x="{WIDTH / 2}" y="{HEIGHT / 4}" class="mid">nothing was measured</text>')
    # Beside the title, where it covers nothing; what is alone needs none.
    named = [f'<b style="color:{line.colour}">{escape(line.name)}</b>' for line in lines if len(lines) > 1]
    return _panel(title, HEIGHT, span, moment, drawn, ", ".join(named))


def band(title: str, span: Span, states: Sequence[tuple[float, str]], moment: float) -> str:
    """What holds from each time on, as coloured stretches with their names."""
    drawn = []
    ends = [time for time, _ in states[1:]] + [span.last]
    first = 0
    for number, (_, state) in enumerate(states):
        if number + 1 < len(states) and states[number + 1][1] == state:
            continue
        left, right = span.x(states[first][0]), span.x(ends[number])
        colour = COLOURS.get(state, "#ffffff")
        drawn.append(f'<rect x="{left:.1f}" y="6" width="{right - left:.1f}" height="26" fill="{colour}"/>')
        if right - left > 7.2 * len(state):
            drawn.append(f'<text x="{left + 5:.1f}" y="23">{escape(state)}</text>')
        first = number + 1
    return _panel(title, 32 + BELOW, span, moment, drawn)


def _series(line: Line, span: Span, y: Callable[[float], float]) -> str:
    if line.dots:
        known = [(span.x(time), y(value)) for time, value in line.points if value is not None]
        dots = "".join(f'<circle cx="{x:.1f}" cy="{height:.1f}" r="1.8"/>' for x, height in known)
        return f'<g fill="{line.colour}">{dots}</g>'
    path, joined = [], False
    for time, value in line.points:
        if value is not None:
            path.append(f"{'L' if joined else 'M'}{span.x(time):.1f} {y(value):.1f}")
        joined = value is not None
    return f'<path d="{" ".join(path)}" stroke="{line.colour}" class="line"/>'


def _panel(title: str, height: float, span: Span, moment: float, drawn: Sequence[str], legend: str = "") -> str:
    places = [(span.x(tick), tick) for tick in span.ticks]
    below = [  # one at the right edge would not fit behind it
        f'<text x="{x:.1f}" y="{height - 4}" class="{"end" if x > WIDTH - 24 else "mid"}">{tick:.6g} s</text>'
        for x, tick in places
    ]
    now = f'<line x1="{span.x(moment):.1f}" x2="{span.x(moment):.1f}" y1="2" y2="{height - BELOW}" class="now"/>'
    inside = "".join([*drawn, *below, now])
    label = f"<figcaption>{escape(title)}{': ' if legend else ''}{legend}</figcaption>"
    return f'<figure>{label}<svg viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img">{inside}</svg></figure>'
