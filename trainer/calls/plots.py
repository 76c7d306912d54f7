"""Plots of calibration and of simulated calls as PNG files."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from guard.core.policy import Point

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


def plot_delays(path: Path, curves: Mapping[str, Sequence[Point]]) -> None:
    """Delay against false accusations per 100 participant-hours: the median, and dashed the 95th percentile."""
    canvas, axes = _canvas()
    for number, (name, points) in enumerate(curves.items()):
        shown = [point for point in points if point.events]
        for what, style in (("delay_median", "-"), ("delay_p95", "--")):
            values = [getattr(point, what) for point in shown]
            label = name if style == "-" else None
            axes.plot([point.errors for point in shown], values, style, color=f"C{number}", label=label)
    if any(point.events for points in curves.values() for point in points):
        axes.set_xscale("log")
        axes.set_yscale("log")
    axes.set_xlabel("false accusations per 100 participant-hours")
    axes.set_ylabel("seconds to the accusation")
    axes.legend(fontsize=8)
    canvas.savefig(path)


def _canvas() -> tuple[Figure, Axes]:
    """Without pyplot, which keeps every figure and looks for a screen."""
    canvas = Figure(figsize=(6.0, 4.2), dpi=110, layout="constrained")
    FigureCanvasAgg(canvas)
    axes = canvas.add_subplot()
    axes.grid(color="0.92")
    return canvas, axes
