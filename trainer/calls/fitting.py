"""Lines from scores to log-likelihood ratios: what is fitted, and what it costs beside the best that could be."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit

from guard.core.calibration import Calibration, Quality, Term
from trainer.calibrate import cllr

Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]

ENDS = (0.05, 0.95)
"""Shares of the fitted material below and above which a quality says no more."""
RESTRAINT = 1e-3
"""Bits of Cllr that a term costs which moves slope or offset by 1 for one standard deviation of its quality."""


@dataclass(frozen=True)
class _Range:
    low: float
    typical: float
    high: float


def fit_line(score: Floats, genuine: Bools, weight: Floats, qualities: Mapping[Quality, Floats]) -> Calibration:
    """The calibration of least Cllr, genuine and impostor trials weighing the same, with a term for each quality.

    A quality that hardly differs gets none.
    """
    ranges = {quality: _range(values, weight) for quality, values in qualities.items()}
    used = [quality for quality, span in ranges.items() if span.high - span.low > 1e-6]
    columns = [_above(qualities[quality], ranges[quality]) for quality in used]
    above = np.stack(columns, axis=1) if columns else np.empty((len(score), 0))
    scale, count = np.tile(above.std(axis=0), 2), len(used)

    def cost(values: Floats) -> tuple[float, Floats]:
        """And how it rises with each of the values: to find that out by trying takes a cost for each of them."""
        slope = values[0] + above @ values[2 : 2 + count]
        llr = np.maximum(0.0, slope) * score + values[1] + above @ values[2 + count :]
        rises = _rises(llr, genuine, weight)
        sloping, moved = rises * score * (slope > 0), values[2:] * scale
        terms = np.concatenate([sloping @ above, rises @ above]) + 2 * RESTRAINT * moved * scale
        return cllr(llr, genuine, weight) + RESTRAINT * float(moved @ moved), np.append(
            [sloping.sum(), rises.sum()], terms
        )

    start = np.array([1.0, 0.0] + [0.0] * (2 * count))
    found = minimize(cost, start, jac=True, method="BFGS").x.tolist()
    terms = [
        Term(quality, ranges[quality].low, ranges[quality].typical, ranges[quality].high, slope, offset)
        for quality, slope, offset in zip(used, found[2 : 2 + count], found[2 + count :], strict=True)
    ]
    return Calibration(found[0], found[1], tuple(terms))


def _rises(llr: Floats, genuine: Bools, weight: Floats) -> Floats:
    """(W,) by how much Cllr rises with each of the LLRs."""
    even = np.where(genuine, weight / weight[genuine].sum(), weight / weight[~genuine].sum())
    return np.where(genuine, -expit(-llr), expit(llr)) * even / (2 * np.log(2))


def _range(values: Floats, weight: Floats) -> _Range:
    order = np.argsort(values)
    shares = np.cumsum(weight[order]) / weight.sum()
    at = [
        float(values[order][min(len(values) - 1, np.searchsorted(shares, share))]) for share in (ENDS[0], 0.5, ENDS[1])
    ]
    return _Range(*at)


def _above(values: Floats, span: _Range) -> Floats:
    return np.clip(values, span.low, span.high) - span.typical


def applied(line: Calibration, score: Floats, qualities: Mapping[Quality, Floats]) -> Floats:
    """LLRs of many windows: guard.core.calibration.log_likelihood_ratio, all at once."""
    slope, offset = np.full(len(score), line.slope), np.full(len(score), line.offset)
    for term in line.terms:
        above = _above(qualities[term.quality], _Range(term.low, term.typical, term.high))
        slope += term.slope * above
        offset += term.offset * above
    return np.maximum(0.0, slope) * score + offset


def least_cllr(score: Floats, genuine: Bools, weight: Floats) -> float:
    """Cllr of the best rising function of the score, made with the answers known (pool adjacent violators).

    What a calibration costs beyond this is its own fault, the rest is the model's.
    """
    if not (weight * genuine).any() or not (weight * ~genuine).any():
        return float("nan")
    even = np.where(genuine, weight / weight[genuine].sum(), weight / weight[~genuine].sum())
    places, place = np.unique(score, return_inverse=True)  # equal scores get one answer
    mass = np.bincount(place, even, len(places))
    share = np.bincount(place, even * genuine, len(places)) / np.where(mass > 0, mass, 1.0)
    risen = isotonic_regression(share[mass > 0], weights=mass[mass > 0]).x
    with np.errstate(divide="ignore"):
        ratio = np.full(len(places), 0.0)
        ratio[mass > 0] = np.log(risen) - np.log1p(-risen)
    return cllr(ratio[place], genuine, weight)


def decision_cost(llr: Floats, genuine: Bools, weight: Floats, prior: float, accusation: float, miss: float) -> float:
    """Cost of deciding at the threshold that the costs ask for, over that of deciding without looking (actDCF).

    `prior` is the share of genuine trials, `accusation` what it costs to accuse one of them, `miss` to let an impostor
    pass: impostors are declared below ln(miss (1 - prior) / (accusation prior)).
    """
    threshold = np.log(miss * (1 - prior) / (accusation * prior))
    accused = float(np.average(llr[genuine] < threshold, weights=weight[genuine]))
    passed = float(np.average(llr[~genuine] >= threshold, weights=weight[~genuine]))
    blind = min(accusation * prior, miss * (1 - prior))
    return (accusation * prior * accused + miss * (1 - prior) * passed) / blind
