"""Plots of calibration and of simulated calls as PNG files."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from numpy.typing import NDArray

from guard.core.policy import WATCHED, Point

BINS = np.arange(-6.0, 6.1, 1.0)
"""Ends of the LLRs that are looked at together."""


def plot_reliability(
    path: Path, llr: NDArray[np.float64], genuine: NDArray[np.bool_], weight: NDArray[np.float64]
) -> None:
    """What windows of each LLR turned out to be, as an LLR: on the diagonal calibration says the truth."""
    canvas, axes = _canvas()
    even = np.where(genuine, weight / weight[genuine].sum(), weight / weight[~genuine].sum())
    place = np.digitize(llr, BINS)
    said, was = [], []
    for number in range(len(BINS) + 1):
        there = place == number
        mine, theirs = even[there & genuine].sum(), even[there & ~genuine].sum()
        if mine and theirs:
            said.append(np.average(llr[there], weights=even[there]))
            was.append(np.log(mine / theirs))
    axes.plot(BINS[[0, -1]], BINS[[0, -1]], color="0.7", lw=0.8)
    axes.plot(said, was, "o-", color="#0b5394")
    axes.set_xlabel("LLR as calibrated")
    axes.set_ylabel("LLR as it turned out")
    canvas.savefig(path)


def plot_evidence(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """AUC against seconds of a performance, a line for each horizon."""
    canvas, axes = _canvas()
    kept = list(rows)
    for name in (key for key in kept[-1] if key not in ("what", "seconds")):
        shown = [(row["seconds"], row[name]) for row in kept if name in row]
        axes.plot(*zip(*shown, strict=True), "o-", ms=3, label=name if name == "all" else f"{name} frames")
    axes.set_xscale("log")
    axes.set_xlabel("seconds seen")
    axes.set_ylabel("AUC of the mean LLR")
    axes.legend(fontsize=8)
    canvas.savefig(path)


def plot_delays(path: Path, curves: Mapping[str, tuple[Sequence[Point], float]], drivers: int) -> None:
    """Delay against false accusations per 100 participant-hours: the median, and dashed the 95th percentile.

    `curves` are points with the threshold that was chosen of them, which a dot marks; they are of calls of the
    `drivers` that it was chosen by. A delay of WATCHED stands for never, and is drawn as that.
    """
    canvas, axes = _canvas()
    axes.axhline(WATCHED, color="0.6", lw=0.8, ls=":")
    for number, (name, (points, chosen)) in enumerate(curves.items()):
        errors, colour = [point.errors for point in points], f"C{number}"
        axes.plot(errors, [point.delay_median for point in points], color=colour, label=name)
        axes.plot(errors, [point.delay_p95 for point in points], "--", color=colour)
        for point in points:
            if point.threshold == chosen:
                axes.plot(point.errors, point.delay_median, "o", color=colour)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks([3, 10, 30, 100, WATCHED], ["3", "10", "30", "100", "never"])
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("false accusations per 100 participant-hours, one session more than erred")
    axes.set_ylabel("seconds to the accusation")
    axes.set_title(f"calls of the {drivers} drivers that thresholds were chosen by; dots: as chosen", fontsize=9)
    axes.legend(fontsize=8, title="median; dashed: 95th percentile", title_fontsize=8)
    canvas.savefig(path)


def _canvas() -> tuple[Figure, Axes]:
    """Without pyplot, which keeps every figure and looks for a screen."""
    canvas = Figure(figsize=(6.0, 4.2), dpi=110, layout="constrained")
    FigureCanvasAgg(canvas)
    axes = canvas.add_subplot()
    axes.grid(color="0.92")
    return canvas, axes
