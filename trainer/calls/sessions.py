"""How much of a person's scores the session decides: variances between and within, and how soon a part is forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from guard.core.items import FPS
from guard.core.session import SessionModel, Spread

Floats = NDArray[np.float64]
LEAST_TAU = 0.2
"""Seconds: windows come that often."""


@dataclass(frozen=True, eq=False)
class Series:
    """LLRs (n,) of one claim, driver and session at `time` (n,) s; those of two clips do not correlate."""

    llr: Floats
    time: Floats
    clip: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Alike:
    """`count` series that were measured at the same n moments: one matrix, and sums over them, serve all of them."""

    count: int
    total: Floats
    """(n,) sum of the series."""
    products: Floats
    """(n, n) sum over the series of the products of what they say at two moments."""
    apart: Floats
    """(n, n) seconds between moments; infinite between clips."""


def by_series(
    number: NDArray[np.int64],
    llr: Floats,
    time: Floats,
    genuine: NDArray[np.bool_],
    clip: NDArray[np.int64] | None = None,
) -> tuple[list[Series], list[Series]]:
    """The genuine series and the impostors', from their windows (W,); without `clip` (W,) each series is one clip."""
    found: tuple[list[Series], list[Series]] = ([], [])
    order = np.argsort(number, kind="stable")
    clips = np.zeros(len(number), np.int64) if clip is None else clip
    for rows in np.split(order, np.flatnonzero(np.diff(number[order])) + 1):
        one = Series(llr[rows], np.round(time[rows] * FPS) / FPS, clips[rows])
        found[0 if genuine[rows[0]] else 1].append(one)
    return found


def fit_spread(series: Sequence[Series]) -> Spread:
    """Mean, variances and time constant of the greatest likelihood, all values being normal. Each series counts once.

    Raises ValueError for fewer than two series: nothing could be said about what sessions differ in.
    """
    if len(series) < 2:
        raise ValueError("variances between sessions need two series or more")
    groups = _grouped(series)
    means = np.array([one.llr.mean() for one in series])
    whole = float(np.mean([one.llr.var() for one in series])) + 1e-6
    start = [np.log(max(means.var(), 0.05 * whole)), np.log(whole), np.log(2.0)]
    found = minimize(lambda at: _cost(np.exp(at), groups), start, method="Nelder-Mead", options={"xatol": 0.01}).x
    between, within, tau = (float(value) for value in np.exp(found))
    return Spread(_mean(groups, _factors(groups, between, within, tau)), between, within, max(LEAST_TAU, tau))


def fit_sessions(genuine: Sequence[Series], impostor: Sequence[Series]) -> SessionModel:
    """Both kinds."""
    return SessionModel(fit_spread(genuine), fit_spread(impostor))


def _grouped(series: Sequence[Series]) -> list[_Alike]:
    found: dict[tuple[bytes, bytes], list[Series]] = {}
    for one in series:
        found.setdefault((one.time.tobytes(), one.clip.tobytes()), []).append(one)
    groups = []
    for alike in found.values():
        time, clip = alike[0].time, alike[0].clip
        apart = np.where(clip[:, None] == clip[None], np.abs(time[:, None] - time[None]), np.inf)
        llr = np.stack([one.llr for one in alike])
        groups.append(_Alike(len(llr), llr.sum(axis=0), llr.T @ llr, apart))
    return groups


def _factors(groups: Sequence[_Alike], between: float, within: float, tau: float) -> list[tuple[Floats, bool]]:
    """The covariance of each group's moments, factored."""
    ridge = 1e-6 * within
    return [
        cho_factor(between + within * np.exp(-group.apart / tau) + ridge * np.eye(len(group.apart))) for group in groups
    ]


def _cost(parts: Floats, groups: Sequence[_Alike]) -> float:
    """Twice the mean negative log likelihood, the mean at its best."""
    factors = _factors(groups, *(float(part) for part in parts))
    mean, total = _mean(groups, factors), 0.0
    for group, factor in zip(groups, factors, strict=True):
        moved = mean * group.total
        off = group.products - moved[:, None] - moved[None] + group.count * mean**2
        total += 2.0 * group.count * float(np.log(np.diag(factor[0])).sum())
        total += float(np.trace(cho_solve(factor, off)))
    return total / sum(group.count for group in groups)


def _mean(groups: Sequence[_Alike], factors: Sequence[tuple[Floats, bool]]) -> float:
    above, below = 0.0, 0.0
    for group, factor in zip(groups, factors, strict=True):
        weights = cho_solve(factor, np.ones(len(group.apart)))
        above += float(group.total @ weights)
        below += float(weights.sum()) * group.count
    return above / below
