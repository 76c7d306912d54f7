"""Plots of tables and curves as PNG files. What they show is computed elsewhere."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray
from scipy.special import ndtri

from trainer.tables.figures import Curve, Figure

_COLOURS = ("#0b5394", "#b45f06", "#38761d", "#7f7f7f", "#741b47", "#134f5c", "#bf9000", "#cc0000")
_RATES = (0.001, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.99)


def plot_rows(path: Path, figures: Sequence[Figure]) -> None:
    """AUC of every system on each row of one table, with intervals; a system is one colour."""
    rows = list(dict.fromkeys(figure.row for figure in figures))
    systems = list(dict.fromkeys(figure.system for figure in figures))
    canvas, (axes,) = _canvas(1, width=7.5, height=1.4 + 0.2 * len(rows) * len(systems))
    for number, system in enumerate(systems):
        shown = [figure for figure in figures if figure.system == system]
        # The rows of a table go down, and so do the systems within one.
        places = [-rows.index(figure.row) + 0.3 - 0.6 * (number + 0.5) / len(systems) for figure in shown]
        values, low, high = np.array([_bar(figure) for figure in shown]).T
        # A bootstrap's interval can lie beside its value; a bar cannot.
        reach = np.maximum(0.0, (values - low, high - values))
        axes.errorbar(values, places, xerr=reach, fmt="o", ms=4, lw=1.2, color=_colour(number), label=system)
    axes.set_yticks([-place for place in range(len(rows))], rows)
    axes.set_ylim(0.6 - len(rows), 0.5)
    axes.axvline(0.5, color="0.6", lw=0.8, zorder=0)
    axes.set_xlabel("AUC, 95 % interval over drivers")
    axes.set_title(figures[0].table, loc="left")
    _write(canvas, axes, path)


def plot_line(path: Path, figures: Sequence[Figure]) -> None:
    """AUC of every system over rows that are numbers, with intervals."""
    canvas, (axes,) = _canvas(1, width=6.0, height=4.0)
    for number, system in enumerate(dict.fromkeys(figure.system for figure in figures)):
        shown = [figure for figure in figures if figure.system == system]
        places = [float(figure.row) for figure in shown]
        values, low, high = zip(*(_bar(figure) for figure in shown), strict=True)
        axes.plot(places, values, "o-", ms=4, lw=1.2, color=_colour(number), label=system)
        axes.fill_between(places, low, high, color=_colour(number), alpha=0.12, lw=0)
    axes.axhline(0.5, color="0.6", lw=0.8, zorder=0)
    axes.set_xlabel(figures[0].table)
    axes.set_ylabel("AUC, 95 % interval over drivers")
    _write(canvas, axes, path)


def _bar(figure: Figure) -> tuple[float, float, float]:
    """Value, low and high; a figure without an interval is a point. Figures without a value are not to be plotted."""
    assert figure.value is not None
    if figure.low is None or figure.high is None:
        return figure.value, figure.value, figure.value
    return figure.value, figure.low, figure.high


def plot_matrix(path: Path, names: Sequence[str], values: NDArray[np.floating], system: str) -> None:
    """AUC by generator enrolled on (down) and verified on (across), (G, G); NaN where there is none."""
    canvas, (axes,) = _canvas(1, width=1.8 + 1.1 * len(names), height=1.4 + 0.8 * len(names))
    axes.imshow(values, cmap="viridis", vmin=0.5, vmax=1.0, aspect="auto")
    for row, column in np.ndindex(*values.shape):
        value = values[row, column]
        shade = "black" if value > 0.8 else "white"
        axes.text(column, row, "-" if np.isnan(value) else f"{value:.3f}", ha="center", va="center", color=shade)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("verified on")
    axes.set_ylabel("enrolled on")
    axes.set_title(f"AUC of {system}", loc="left")
    canvas.savefig(path)


def plot_det(path: Path, panels: Mapping[str, Sequence[Curve]]) -> None:
    """Curves in normal deviates, a panel for each title; the legend names what differs within one."""
    canvas, all_axes = _canvas(len(panels), width=5.4, height=5.4)
    for axes, (title, curves) in zip(all_axes, panels.items(), strict=True):
        one_system = len({curve.system for curve in curves}) == 1
        for number, curve in enumerate(curves):
            label = curve.words if one_system else curve.system
            axes.plot(*map(_deviates, (curve.accepted, curve.missed)), color=_colour(number), label=label, lw=1.4,
                      drawstyle="steps-post")  # fmt: skip
        _rates(axes)
        axes.set_title(title, loc="left")
        axes.legend(fontsize=8, loc="upper right")
    canvas.savefig(path)


def _rates(axes: Axes) -> None:
    """Both axes in normal deviates, with percentages at the ticks: normal scores give a straight line."""
    places, words = ndtri(_RATES), [f"{100 * rate:g}" for rate in _RATES]
    axes.set_xticks(places, words)
    axes.set_yticks(places, words)
    ends = ndtri((0.0005, 0.995))
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    axes.plot(ends, ends, color="0.8", lw=0.8, zorder=0)  # equal error rates lie on it
    axes.grid(color="0.92")
    axes.set_xlabel("impostors accepted, %")
    axes.set_ylabel("genuine trials missed, %")


def _deviates(rates: NDArray[np.floating]) -> NDArray[np.floating]:
    """Rates of 0 and 1 lie infinitely far out: they are drawn beyond the edge."""
    return np.asarray(ndtri(np.clip(rates, 1e-6, 1 - 1e-6)))


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]


def _canvas(panels: int, width: float, height: float) -> tuple[Canvas, list[Axes]]:
    """Without pyplot, which keeps every figure and looks for a screen."""
    canvas = Canvas(figsize=(width * panels, height), dpi=120, layout="constrained")
    FigureCanvasAgg(canvas)
    return canvas, [canvas.add_subplot(1, panels, number + 1) for number in range(panels)]


def _write(canvas: Canvas, axes: Axes, path: Path) -> None:
    axes.grid(color="0.92")
    axes.set_axisbelow(True)
    canvas.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    canvas.savefig(path)
